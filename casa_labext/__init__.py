"""The Dask clusters of an analysis facility, in JupyterLab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from distributed import Client


def attach(name: str | None = None) -> Client:
    """A client of a cluster of your Jupyter server, from any kernel or shell of yours.

    `name` is a cluster's name or id; the default cluster, or the only one, if left out. ClusterError says what is wrong.
    """
    from .cli.server import Server

    server = Server.find()
    connection = server.call("GET", f"clusters/{server.cluster(name)['id']}/connection")
    variables: dict[str, Any] = {}
    exec(connection["snippet"], variables)  # noqa: S102  the code on the card, from the user's own server
    client: Client = variables["client"]
    return client


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "casa-labext"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .app import CasaLabext

    return [{"module": "casa_labext", "app": CasaLabext}]
