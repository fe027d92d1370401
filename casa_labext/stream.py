"""The WebSocket that keeps browsers up to date."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import ensure_async
from tornado import web
from tornado.ioloop import IOLoop
from tornado.locks import Event
from tornado.util import TimeoutError as NoNews
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from .message import Message
from .registry import Registry

#: After so long without news a browser is told that there is none.
HEARTBEAT = timedelta(seconds=4)


class StreamHandler(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """Sends all clusters, then what changes. A slow reader gets the latest word on each cluster, and costs no more memory."""

    def initialize(self, registry: Registry, resource: str) -> None:
        """`resource` is what a user must be allowed to read."""
        self._registry = registry
        self._resource = resource
        self._pending: dict[str, Message] = {}
        self._news = Event()

    @ws_authenticated
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """Open the stream."""
        allowed = await ensure_async(self.authorizer.is_authorized(self, self.current_user, "read", self._resource))
        if not allowed:
            raise web.HTTPError(403)
        await super().get(*args, **kwargs)

    def open(self, *args: str, **kwargs: str) -> None:
        """Begin to tell."""
        super().open(*args, **kwargs)
        self._registry.listeners.add(self._note)
        IOLoop.current().add_callback(self._tell)

    def on_message(self, message: str | bytes) -> None:
        """Nothing is read."""

    def on_close(self) -> None:
        """Stop telling."""
        super().on_close()
        self._registry.listeners.discard(self._note)
        self._news.set()
        if self.ping_callback:
            # Jupyter lets it keep this object for half a minute.
            self.ping_callback.stop()  # type: ignore[unreachable]

    def _note(self, message: Message) -> None:
        self._pending[message.cluster] = message
        self._news.set()

    async def _tell(self) -> None:
        try:
            await self.write_message(json.dumps({"type": "clusters", "clusters": self._registry.all()}))
            while self.ws_connection:
                try:
                    await self._news.wait(HEARTBEAT)
                except NoNews:
                    await self.write_message(json.dumps({"type": "alive"}))
                self._news.clear()
                pending, self._pending = self._pending, {}
                for message in pending.values():
                    await self.write_message(message.text)
        except WebSocketClosedError:
            pass
