"""The default cluster of new kernels, and the links that clients print in them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import API, JSON

from casa_labext import dashboardlink, directories, kernels, profiles

OWN_CLUSTER = """
from dask.distributed import Client, LocalCluster
with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
    print(client.submit(lambda: 1 + 1).result())
"""


async def in_kernel(code: str, environ: dict[str, str] | None = None) -> str:
    """Run code in a Python that inherits what a kernel of the server would; what it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ or dict(os.environ)
    )
    output, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, errors.decode()
    return output.decode().strip()


async def pin(api: API, cluster: JSON) -> JSON:
    status, answer = await api.call("PUT", f"clusters/{cluster['id']}/default")
    assert status == 200, answer
    assert answer["default"]
    pinned: JSON = answer
    return pinned


@pytest.mark.parametrize("encryption", [True, False])
async def test_a_bare_client_finds_the_default(encryption: bool, api: API) -> None:
    cluster = await api.create(size={"workers": 1}, options={"encryption": encryption})
    cluster = await api.running(cluster["id"], workers=1)
    before = dict(os.environ)
    assert not cluster["default"]
    await pin(api, cluster)
    code = "from dask.distributed import Client; client = Client(); print(client.scheduler.address, client.submit(lambda: 1 + 1).result())"
    assert await in_kernel(code) == f"{cluster['connection']['address']} 2"
    inherited = dict(os.environ)
    other = await api.create(size={"workers": 1})
    other = await api.running(other["id"], workers=1)
    assert not other["default"]  # a cluster inherits nothing of it
    await api.call("DELETE", f"clusters/{cluster['id']}")
    await api.gone(cluster["id"])
    assert dict(os.environ) == before
    # A kernel that got it goes on: with a cluster of its own, and with another one.
    assert await in_kernel(OWN_CLUSTER, inherited) == "2"
    assert await in_kernel(other["connection"]["snippet"] + "\nprint(client.submit(lambda: 1 + 1).result())", inherited) == "2"


async def test_one_default_at_a_time(api: API) -> None:
    first, second = [await api.create(size={"workers": 0}) for _ in range(2)]
    status, answer = await api.call("PUT", f"clusters/{first['id']}/default")
    if status == 409:  # else it was there at once
        assert "it has no scheduler" in answer["message"]
    first, second = await api.running(first["id"]), await api.running(second["id"])
    await pin(api, first)
    await pin(api, second)
    assert not (await api.get(f"clusters/{first['id']}"))["default"]
    assert os.environ[kernels.ADDRESS] == second["connection"]["address"]
    await api.call("DELETE", f"clusters/{first['id']}/default")  # it is none
    assert kernels.ADDRESS in os.environ
    status, answer = await api.call("DELETE", f"clusters/{second['id']}/default")
    assert (status, answer["default"]) == (200, False)
    assert kernels.ADDRESS not in os.environ


async def test_the_default_of_a_killed_cluster(api: API) -> None:
    cluster = await api.create(size={"workers": 0})
    await pin(api, await api.running(cluster["id"]))
    await api.call("DELETE", f"clusters/{cluster['id']}")
    await api.gone(cluster["id"])
    assert kernels.ADDRESS not in os.environ


async def test_no_default_without_the_encryption_that_is_configured(api: API, dask_config: Callable[[str], Path]) -> None:
    dask_config("distributed: {comm: {require-encryption: true}}")
    await api.get("profiles")  # reads it
    cluster = await api.create(size={"workers": 0}, options={"encryption": False})
    await api.running(cluster["id"])
    status, answer = await api.call("PUT", f"clusters/{cluster['id']}/default")
    assert (status, "encryption" in answer["message"]) == (409, True)


LINK = "from dask.distributed import Client; print(Client().dashboard_link)"


async def test_dashboard_proxy_link_that_a_client_prints(api: API) -> None:
    cluster = await api.create(size={"workers": 0})
    cluster = await api.running(cluster["id"])
    await pin(api, cluster)
    assert await in_kernel(LINK) == cluster["dashboard"]


@pytest.fixture
def facility(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, dask_config: Callable[[str], Path]) -> None:
    monkeypatch.setenv("JUPYTERHUB_USER", "a.b@cern.ch")
    monkeypatch.setenv("JUPYTERHUB_SERVICE_PREFIX", "/user/a.b@cern.ch/")
    dask_config(f"distributed: {{dashboard: {{link: '{request.param}'}}}}")


@pytest.mark.parametrize(
    "facility", ["/user/{JUPYTERHUB_USER}/proxy/{port}/status", "{JUPYTERHUB_SERVICE_PREFIX}proxy/{port}/status"], indirect=True
)
async def test_dashboard_proxy_link_of_the_facility(facility: None, api: API) -> None:
    cluster = await api.create(size={"workers": 0})
    cluster = await api.running(cluster["id"])
    assert cluster["dashboard"].startswith("/user/a.b@cern.ch/proxy/")
    await pin(api, cluster)
    assert await in_kernel(LINK) == cluster["dashboard"]


def test_nothing_is_left_of_servers_that_are_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    own = directories.for_kernels()
    old = own.with_name(own.name.replace(str(os.getpid()), str(process.pid)))
    old.mkdir()
    assert directories.for_kernels() == own
    assert (old.exists(), own.exists()) == (False, True)
    kernels.end()
    assert not own.exists()


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        ("/user/{NOT_SET}/proxy/{port}/status", "The environment variable NOT_SET is not set."),
        ("/proxy/8787/status", "It has no {port}"),
        ("/proxy/{port/status", "It is no template"),
        ("/proxy/{port.__class__}/{0}/status", "It is no template"),
        ("/proxy/{port[0]}/status", "It is no template"),
        (True, "It must be a text."),
    ],
)
def test_dashboard_proxy_link_templates_that_cannot_be_used(template: object, problem: str) -> None:
    message = dashboardlink.wrong(template)
    assert message
    assert message.startswith(problem)
    if template != "/proxy/8787/status":
        assert dashboardlink.link(template, "/base/", 4242) == "/base/proxy/4242/status"
    configuration = profiles.configuration({"config": {}, "dashboard-link": template})
    assert [found.where for found in configuration.problems] == ["distributed.dashboard.link"]


def test_dashboard_proxy_link_template() -> None:
    assert dashboardlink.wrong(dashboardlink.DASK) is None
    assert dashboardlink.link(dashboardlink.DASK, "/base/", 4242) == "/base/proxy/4242/status"
    assert dashboardlink.link("https://hub/{port}", "/base/", 4242) == "https://hub/4242"
