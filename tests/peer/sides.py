"""Both extensions as somebody uses them who sends requests: what bench/extensions.py has, and what the findings ask besides."""

from __future__ import annotations

import json
import time
from abc import abstractmethod
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import websocket

from bench import extensions
from bench.jupyter import Server

#: Method, path and body.
Request = tuple[str, str, Any]


class Side(extensions.Extension):
    """An extension, and the requests that do the same in both."""

    @abstractmethod
    def creating(self) -> Request:
        """Makes a cluster."""

    @abstractmethod
    def scaling(self, cluster_id: str, workers: object) -> Request:
        """Asks for a fixed number of workers."""

    @abstractmethod
    def adapting(self, cluster_id: str, minimum: object, maximum: object) -> Request:
        """Asks for adaptive scaling."""

    @abstractmethod
    def closing(self, cluster_id: str) -> Request:
        """Shuts a cluster down."""

    @abstractmethod
    def looking(self, cluster_id: str) -> Request:
        """Tells of one cluster."""

    @abstractmethod
    def fetching(self, url: str) -> Request:
        """Names an address that the server may be made to ask."""

    @abstractmethod
    def is_adaptive(self, server: Server, cluster_id: str) -> bool:
        """Whether it tells that a cluster is scaled adaptively."""

    @abstractmethod
    def is_well(self, server: Server, cluster_id: str) -> bool:
        """Whether it shows a cluster as one that works."""

    @abstractmethod
    def told(self, server: Server) -> str:
        """All that its user is told of clusters and configuration, without asking for logs."""

    @abstractmethod
    def watch(self, server: Server, seconds: float) -> None:
        """What an open panel asks in some seconds."""


class Ours(extensions.Ours, Side):
    """This project."""

    def __init__(self, profile: str) -> None:
        self.profile = profile

    def creating(self) -> Request:
        return "POST", self._clusters, {"profile": self.profile}

    def scaling(self, cluster_id: str, workers: object) -> Request:
        return "POST", f"{self._clusters}/{cluster_id}/scale", {"workers": workers}

    def adapting(self, cluster_id: str, minimum: object, maximum: object) -> Request:
        return "POST", f"{self._clusters}/{cluster_id}/adapt", {"minimum": minimum, "maximum": maximum}

    def closing(self, cluster_id: str) -> Request:
        return "DELETE", f"{self._clusters}/{cluster_id}", None

    def looking(self, cluster_id: str) -> Request:
        return "GET", f"{self._clusters}/{cluster_id}", None

    def fetching(self, url: str) -> Request:
        return "POST", self._clusters, {"profile": "attached", "options": {"address": url}}

    def is_adaptive(self, server: Server, cluster_id: str) -> bool:
        return "minimum" in server.get(f"{self._clusters}/{cluster_id}")["size"]

    def is_well(self, server: Server, cluster_id: str) -> bool:
        return any(cluster["id"] == cluster_id and cluster["state"] == "running" for cluster in server.get(self._clusters))

    def told(self, server: Server) -> str:
        return json.dumps([server.get(self._clusters), server.get("casa-labext/api/profiles")["problems"]])

    def watch(self, server: Server, seconds: float) -> None:
        stream = websocket.create_connection(
            f"ws://127.0.0.1:{server.port}/casa-labext/api/stream", header=[f"Authorization: token {server.token}"], timeout=seconds
        )
        try:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                stream.recv()
        except websocket.WebSocketTimeoutException:
            pass
        finally:
            stream.close()


class Peer(extensions.Peer, Side):
    """dask-labextension."""

    def __init__(self, profile: str) -> None:
        super().__init__()

    def creating(self) -> Request:
        return "PUT", f"{self._clusters}/{uuid4()}", None

    def scaling(self, cluster_id: str, workers: object) -> Request:
        return "PATCH", f"{self._clusters}/{cluster_id}", {"workers": workers}

    def adapting(self, cluster_id: str, minimum: object, maximum: object) -> Request:
        return "PATCH", f"{self._clusters}/{cluster_id}", {"adapt": {"minimum": minimum, "maximum": maximum}}

    def closing(self, cluster_id: str) -> Request:
        return "DELETE", f"{self._clusters}/{cluster_id}", None

    def looking(self, cluster_id: str) -> Request:
        return "GET", f"{self._clusters}/{cluster_id}", None

    def fetching(self, url: str) -> Request:
        return "GET", f"dask/dashboard-check/{quote(url, safe='')}", None

    def is_adaptive(self, server: Server, cluster_id: str) -> bool:
        return bool(server.get(f"{self._clusters}/{cluster_id}").get("adapt"))

    def is_well(self, server: Server, cluster_id: str) -> bool:
        return cluster_id in self.ids(server)  # it has no other word for it

    def told(self, server: Server) -> str:
        return json.dumps(server.get(f"{self._clusters}/"))

    def dashboard(self, server: Server, cluster_id: str) -> str:
        return f"dask/dashboard/{cluster_id}/status"

    def watch(self, server: Server, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            server.get(f"{self._clusters}/")
            time.sleep(1)  # it polls every five seconds
