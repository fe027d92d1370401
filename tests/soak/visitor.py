"""A browser without a window: follows the stream as src/store.ts does, and asks the REST interface."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from conftest import API, DEADLINE, JSON
from test_server import TOKEN, Server
from tornado.httpclient import AsyncHTTPClient, HTTPRequest, HTTPResponse
from tornado.websocket import WebSocketClientConnection, websocket_connect

T = TypeVar("T")
HEADERS = {"Authorization": f"token {TOKEN}"}
#: Connections for requests; tornado's own ten would have clusters wait for each other.
CONNECTIONS = 100


def api(server: Server) -> API:
    """The REST interface of a server."""
    client = AsyncHTTPClient(force_instance=True, max_clients=CONNECTIONS)

    async def fetch(*parts: str, params: dict[str, str] | None = None, **values: Any) -> HTTPResponse:
        query = "&".join(f"{name}={value}" for name, value in (params or {}).items())
        return await client.fetch(HTTPRequest(f"{server.url}{'/'.join(parts)}?{query}", headers=HEADERS, **values))

    return API(fetch)


async def connect(server: Server) -> WebSocketClientConnection:
    """Open the stream."""
    url = server.url.replace("http", "ws", 1) + "casa-labext/api/stream"
    return await websocket_connect(HTTPRequest(url, headers=HEADERS, connect_timeout=DEADLINE, request_timeout=DEADLINE))


class Visitor:
    """What one browser has been told."""

    def __init__(self) -> None:
        self.clusters: dict[str, JSON] = {}
        #: Messages and bytes that have come.
        self.messages = self.bytes = 0
        self._news = asyncio.Condition()

    async def follow(self, stream: WebSocketClientConnection) -> None:
        """Read the stream until its end."""
        while (text := await stream.read_message()) is not None:
            self.messages += 1
            self.bytes += len(text)
            message = json.loads(text)
            if message["type"] == "clusters":
                self.clusters = {cluster["id"]: cluster for cluster in message["clusters"]}
            elif message["type"] == "cluster":
                self.clusters[message["cluster"]["id"]] = message["cluster"]
            elif message["type"] == "removed":
                self.clusters.pop(message["id"])
            async with self._news:
                self._news.notify_all()

    async def until(self, condition: Callable[[dict[str, JSON]], T], deadline: float = DEADLINE) -> T:
        """Wait until the clusters are as wanted; what the condition says then."""

        async def wait() -> T:
            async with self._news:
                while not (result := condition(self.clusters)):
                    await self._news.wait()
                return result

        try:
            return await asyncio.wait_for(wait(), deadline)
        except asyncio.TimeoutError:
            raise AssertionError(f"not in {deadline} s: {json.dumps(self.clusters, indent=1)}") from None


@asynccontextmanager
async def visit(server: Server) -> AsyncIterator[Visitor]:
    """A visitor who stays for a while."""
    visitor = Visitor()
    stream = await connect(server)
    following = asyncio.create_task(visitor.follow(stream))
    try:
        yield visitor
    finally:
        stream.close()
        await following
