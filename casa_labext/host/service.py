"""The control API of a host, on a Unix socket: HTTP for commands, a WebSocket that pushes the cluster's status."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import resource
import signal
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from ..kinds import load
from . import log, outside
from .errors import ClusterError, WrongState, describe
from .lifecycle import Lifecycle
from .record import Record

#: Seconds between two pushes, at least.
PUSH_INTERVAL = 0.1


class Handler(RequestHandler):
    """A command: its errors are answered as `{"message", "hint"}`."""

    @property
    def lifecycle(self) -> Lifecycle:
        """The cluster's life."""
        lifecycle: Lifecycle = self.application.settings["lifecycle"]
        return lifecycle

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        error = kwargs["exc_info"][1]
        if isinstance(error, ClusterError):
            self.set_status(error.status)
        self.finish({"message": describe(error), "hint": getattr(error, "hint", None)})

    def log_exception(self, *args: Any) -> None:
        """An error that is meant for the user is no news for the log."""
        if not isinstance(args[1], ClusterError):
            super().log_exception(*args)


class ScaleHandler(Handler):
    """`POST /scale` with a size."""

    async def post(self) -> None:
        await self.lifecycle.scale(json.loads(self.request.body))
        self.finish(self.lifecycle.told())


class ExtendHandler(Handler):
    """`POST /extend`."""

    async def post(self) -> None:
        await self.lifecycle.extend()
        self.finish(self.lifecycle.told())


class CloseHandler(Handler):
    """`POST /close`: answered at once."""

    def post(self) -> None:
        self.lifecycle.close()
        self.finish(self.lifecycle.told())


class WorkersHandler(Handler):
    """`GET /workers`."""

    async def get(self) -> None:
        self.finish(json.dumps(await self.lifecycle.workers()))


class LogsHandler(Handler):
    """`GET /logs/scheduler` and `GET /logs/workers?worker=<address>`."""

    async def get(self, source: str) -> None:
        self.finish(json.dumps(await self.lifecycle.logs(source, self.get_query_argument("worker", None))))


class WorkerHandler(Handler):
    """`POST /worker` with an address and an action."""

    async def post(self) -> None:
        body = json.loads(self.request.body)
        await self.lifecycle.act_on_worker(body["address"], body["action"])
        self.finish(self.lifecycle.told())


class HistoryHandler(Handler):
    """`GET /history?after=<seconds since the epoch>`."""

    def get(self) -> None:
        self.finish(self.lifecycle.history.told(float(self.get_query_argument("after"))))


class JobsHandler(Handler):
    """`GET /jobs`."""

    async def get(self) -> None:
        self.finish(json.dumps(await self.lifecycle.jobs()))


class JobHandler(Handler):
    """`POST /job` with `{"job", "action"}`."""

    async def post(self) -> None:
        request = json.loads(self.request.body)
        await self.lifecycle.act(request["job"], request["action"])
        self.finish(self.lifecycle.told())


class SubmittedHandler(Handler):
    """`GET /submitted`."""

    async def get(self) -> None:
        self.finish({"text": await self.lifecycle.submitted()})


class StatusHandler(WebSocketHandler):
    """The status, now and after each change. For one server at a time: a cluster has one owner."""

    connected: StatusHandler | None = None

    def initialize(self, lifecycle: Lifecycle) -> None:
        self.lifecycle = lifecycle

    def prepare(self) -> None:
        if StatusHandler.connected:
            self.set_status(WrongState.status)
            self.finish({"message": "Another server has this cluster."})

    def open(self) -> None:
        StatusHandler.connected = self
        self.lifecycle.watched(by_server=True)
        IOLoop.current().add_callback(self._push)

    def on_close(self) -> None:
        StatusHandler.connected = None
        self.lifecycle.watched(by_server=False)

    async def _push(self) -> None:
        version = -1
        try:
            while True:
                version = await self.lifecycle.changed(version)
                await self.write_message(json.dumps(self.lifecycle.told()))
                await asyncio.sleep(PUSH_INTERVAL)
        except WebSocketClosedError:
            pass


async def serve(record: Record, directory: Path, listening: socket.socket) -> None:
    """Answer the server until the cluster has ended."""
    lifecycle = Lifecycle(record, directory)
    application = Application(
        [
            ("/scale", ScaleHandler),
            ("/extend", ExtendHandler),
            ("/close", CloseHandler),
            ("/workers", WorkersHandler),
            ("/worker", WorkerHandler),
            ("/history", HistoryHandler),
            ("/logs/(scheduler|workers)", LogsHandler),
            ("/jobs", JobsHandler),
            ("/job", JobHandler),
            ("/submitted", SubmittedHandler),
            ("/status", StatusHandler, {"lifecycle": lifecycle}),
        ],
        lifecycle=lifecycle,
        log_function=lambda handler: None,
    )
    HTTPServer(application).add_socket(listening)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, lifecycle.close)
    await lifecycle.run()


def _allow_connections() -> None:
    """Open as many files as the system allows: a scheduler has a connection to each worker, and many systems begin with 1,024."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # without a limit for the user there may be a smaller one of the kernel
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _collect_rarely() -> None:
    """Look for garbage a third as often, as `dask scheduler` and `dask worker` do: with many tasks it takes a tenth of the time."""
    gc.set_threshold(*(3 * threshold for threshold in gc.get_threshold()))


def main(directory: Path, descriptor: int, output: int) -> None:
    """Own a cluster until its end.

    `descriptor` is the listening socket, which the server made: it can connect from the first moment. `output`: of `log.redirect`.
    """
    _allow_connections()
    _collect_rarely()
    thread = log.capture(directory, output)
    listening = socket.socket(fileno=descriptor)
    listening.setblocking(False)
    os.set_inheritable(descriptor, False)
    record = Record.load(directory)
    outside.use(record)
    load(record.reference).prepare()
    asyncio.run(serve(record, directory, listening))
    # There may never be a server again to do it. The cluster's directory stays: the next one reads how it ended.
    outside.remove(record)
    log.finish(thread)
    # A manager that hangs must not keep the process: its thread ends here.
    os._exit(0)
