"""A JupyterHub with the proxy of real ones. Its users share a Unix account: what keeps them apart here is the Hub alone."""

import os

c = get_config()  # type: ignore[name-defined]  # noqa: F821
folder = os.environ["HUB_FOLDER"]
public, hub, api = (f"http://127.0.0.1:{port}" for port in os.environ["HUB_PORTS"].split())
c.JupyterHub.bind_url = public + os.environ["HUB_BASE"]
c.JupyterHub.hub_bind_url = hub
c.ConfigurableHTTPProxy.api_url = api
c.ConfigurableHTTPProxy.command = [os.environ["HUB_PROXY"]]
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = os.environ["HUB_PASSWORD"]
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = folder + "/home/{username}"
c.Spawner.args = ["--allow-root"]
c.Spawner.start_timeout = c.Spawner.http_timeout = 90
c.Spawner.environment = {name: os.environ[name] for name in ("TMPDIR", "CASA_LABEXT_TEST_RUN") if name in os.environ}
c.JupyterHub.allow_named_servers = True
c.JupyterHub.cleanup_servers = True
c.JupyterHub.services = [{"name": "tests", "api_token": os.environ["HUB_TOKEN"]}]
scopes = ["admin:users", "admin:servers", "access:servers", "tokens"]
c.JupyterHub.load_roles = [{"name": "tests", "services": ["tests"], "scopes": scopes}]

#: Links that facilities have configured, by the name of the server.
LINKS = {
    "seed": "/user/{JUPYTERHUB_USER}/seed/proxy/{port}/status",
    "today": "{JUPYTERHUB_SERVICE_PREFIX}proxy/{port}/status",
    "unset": "/user/{NOT_SET}/proxy/{port}/status",
}


def links(spawner):  # type: ignore[no-untyped-def]
    """Let some servers have a facility's configuration."""
    if spawner.name in LINKS:
        spawner.environment = {**spawner.environment, "DASK_DISTRIBUTED__DASHBOARD__LINK": LINKS[spawner.name]}


c.Spawner.pre_spawn_hook = links
