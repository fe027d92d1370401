"""Talks to a cluster host over its Unix socket."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from typing import Any

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.netutil import Resolver
from tornado.websocket import websocket_connect

from .host.errors import ClusterError, Unknown, WrongState

#: Seconds between two pings and for the answer to one. Tornado takes five more: a stopped host is noticed within nine.
PING = 2.0
#: Seconds that a host may take beyond the deadline that it keeps itself.
MARGIN = 5.0
# Tornado wants a URL; the resolver leads every one to the socket.
_URL = "http://host"
_SOCKET_URL = "ws://host"
_ERRORS = {kind.status: kind for kind in (WrongState, Unknown)}


class HostGone(Exception):
    """The host does not answer."""


class SocketResolver(Resolver):
    """Leads every name to a Unix socket."""

    def initialize(self, path: str) -> None:  # noqa: D102
        self._path = path

    async def resolve(  # noqa: D102
        self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[tuple[int, Any]]:
        return [(socket.AF_UNIX, self._path)]


class HostClient:
    """The control API of one host; see host/service.py."""

    def __init__(self, path: str) -> None:
        self._resolver = SocketResolver(path=path)
        self._http = AsyncHTTPClient(force_instance=True, resolver=self._resolver)

    async def command(self, path: str, body: object = None, *, deadline: float, get: bool = False) -> Any:
        """Call the host and return its answer. ClusterError with the host's words, HostGone if it does not answer in time."""
        request = HTTPRequest(
            _URL + path,
            method="GET" if get else "POST",
            body=None if get else json.dumps(body),
            connect_timeout=MARGIN,
            request_timeout=deadline + MARGIN,
        )
        try:
            response = await self._http.fetch(request)
        except HTTPClientError as error:
            if error.response is None or error.code == 599:
                raise HostGone(str(error)) from error
            answer = json.loads(error.response.body)
            raise _ERRORS.get(error.code, ClusterError)(answer["message"], hint=answer.get("hint")) from error
        except OSError as error:
            raise HostGone(str(error)) from error
        return json.loads(response.body)

    async def statuses(self) -> AsyncIterator[dict[str, Any]]:
        """The cluster's status, now and after each change, until the host closes the connection or stops answering.

        WrongState if another server has the cluster, HostGone if the host cannot be reached.
        """
        try:
            connection = await websocket_connect(
                _SOCKET_URL + "/status",
                connect_timeout=MARGIN,
                ping_interval=PING,
                ping_timeout=PING,
                resolver=self._resolver,
            )
        except HTTPClientError as error:
            if error.code == WrongState.status:
                raise WrongState("Another server has this cluster.") from error
            raise HostGone(str(error)) from error
        except OSError as error:
            raise HostGone(str(error)) from error
        try:
            while (message := await connection.read_message()) is not None:
                yield json.loads(message)
        finally:
            connection.close()

    def close(self) -> None:
        """Free the connections."""
        self._http.close()
