"""The two extensions behind one interface."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import urlsplit

from . import peer
from .jupyter import Server


class Extension(ABC):
    """A server extension that makes clusters of two workers with one thread each."""

    name: ClassVar[str]
    module: ClassVar[str]
    #: Its panel, and what that says of the running workers of a cluster.
    panel: ClassVar[str]
    running: ClassVar[str]
    #: What the paths of its requests begin with, and those of its JavaScript.
    requests: ClassVar[str]
    scripts: ClassVar[str]
    python: Path
    environ: ClassVar[dict[str, str]] = {}

    def open_form(self, server: Server) -> None:  # noqa: B027
        """Ask for what a user sees before there is a cluster."""

    @abstractmethod
    def create(self, server: Server, workers: int = 2) -> str:
        """Ask for a cluster; its id. Only ours can be told of how many workers: the peer's configuration says it."""

    @abstractmethod
    def dashboard(self, server: Server, cluster_id: str) -> str:
        """Where the server shows the dashboard: a path."""

    @abstractmethod
    def workers(self, server: Server, cluster_id: str) -> int:
        """How many workers are connected, as the extension tells its user."""

    @abstractmethod
    def connection(self, server: Server, cluster_id: str) -> dict[str, Any]:
        """The scheduler's `address` and a client's `tls` files."""

    @abstractmethod
    def scale(self, server: Server, cluster_id: str, workers: int) -> None:
        """Ask for another number of workers."""

    @abstractmethod
    def close(self, server: Server, cluster_id: str) -> None:
        """Ask for the end of a cluster."""

    #: The list of all clusters.
    list_path: ClassVar[str]

    def ids(self, server: Server) -> list[str]:
        """The clusters there are."""
        return [cluster["id"] for cluster in server.get(self.list_path)]

    @abstractmethod
    def connected(self, server: Server, cluster_id: str) -> bool:
        """Whether a cluster has a scheduler."""


class Ours(Extension):
    """This project, with its defaults: TLS between the cluster's processes."""

    name = "casa_labext"
    module = "casa_labext"
    panel = "casa-labext-panel"
    running = r"(\d+) of \d+ running"
    requests = "/casa-labext/"
    scripts = "/lab/extensions/casa-labext/static/"
    python = Path(sys.executable)
    list_path = _clusters = "casa-labext/api/clusters"

    def open_form(self, server: Server) -> None:  # noqa: D102
        server.get("casa-labext/api/environments?profile=local")

    def create(self, server: Server, workers: int = 2) -> str:  # noqa: D102
        return str(server.call("POST", self._clusters, {"profile": "local", "size": {"workers": workers}})["id"])

    def dashboard(self, server: Server, cluster_id: str) -> str:  # noqa: D102
        return str(server.get(f"{self._clusters}/{cluster_id}")["dashboard"]).lstrip("/")

    def workers(self, server: Server, cluster_id: str) -> int:  # noqa: D102
        cluster = server.get(f"{self._clusters}/{cluster_id}")
        if cluster["state"] not in ("starting", "running", "degraded"):
            raise RuntimeError(f"The cluster is {cluster['state']}: {cluster['reason']}")
        return int(cluster["workers"]["running"])

    def connection(self, server: Server, cluster_id: str) -> dict[str, Any]:  # noqa: D102
        return dict(server.get(f"{self._clusters}/{cluster_id}/connection"))

    def scale(self, server: Server, cluster_id: str, workers: int) -> None:  # noqa: D102
        server.call("POST", f"{self._clusters}/{cluster_id}/scale", {"workers": workers})

    def close(self, server: Server, cluster_id: str) -> None:  # noqa: D102
        server.call("DELETE", f"{self._clusters}/{cluster_id}")

    def connected(self, server: Server, cluster_id: str) -> bool:  # noqa: D102
        return server.get(f"{self._clusters}/{cluster_id}")["connection"] is not None


class Peer(Extension):
    """dask-labextension with LocalCluster, which it runs in the server's process."""

    name = "dask-labextension"
    module = "dask_labextension"
    panel = "dask-dashboard-launcher"
    running = r"Number of Workers: (\d+)"
    requests = "/dask/"
    scripts = "/lab/extensions/dask-labextension/static/"
    environ: ClassVar[dict[str, str]] = {"DASK_CONFIG": str(Path(__file__).with_name("peer.yaml"))}
    _clusters = "dask/clusters"
    list_path = f"{_clusters}/"

    def __init__(self) -> None:
        self.python = peer.environment()

    def create(self, server: Server, workers: int = 2) -> str:  # noqa: D102
        return str(server.call("PUT", f"{self._clusters}/")["id"])

    def dashboard(self, server: Server, cluster_id: str) -> str:  # noqa: D102
        link = urlsplit(server.get(f"{self._clusters}/{cluster_id}")["dashboard_link"])
        return f"proxy/{link.port}{link.path}"

    def workers(self, server: Server, cluster_id: str) -> int:  # noqa: D102
        return int(server.get(f"{self._clusters}/{cluster_id}")["workers"])

    def connection(self, server: Server, cluster_id: str) -> dict[str, Any]:  # noqa: D102
        return {"address": server.get(f"{self._clusters}/{cluster_id}")["scheduler_address"], "tls": None}

    def scale(self, server: Server, cluster_id: str, workers: int) -> None:  # noqa: D102
        server.call("PATCH", f"{self._clusters}/{cluster_id}", {"workers": workers})

    def close(self, server: Server, cluster_id: str) -> None:  # noqa: D102
        server.call("DELETE", f"{self._clusters}/{cluster_id}")

    def connected(self, server: Server, cluster_id: str) -> bool:  # noqa: D102
        return cluster_id in self.ids(server)
