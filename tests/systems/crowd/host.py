"""A host that owns no cluster: it speaks the protocol of casa_labext/host/service.py, with up to 2,000 workers and 5,000 jobs."""

import asyncio
import itertools
import json
import random
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

WORKERS, JOBS, SAMPLES = 2000, 5000, 1800
GIB = 2**30
NOW = time.time()
VERSIONS = itertools.count()


def status(workers: int) -> dict[str, Any]:
    """What a card shows; the load of workers changes all the time."""
    running = max(0, workers - random.randrange(3))
    return {
        "version": next(VERSIONS),
        "state": "running",
        "reason": None,
        "hint": None,
        "activity": None,
        "since": NOW,
        "size": {"workers": workers},
        "workers": {
            "requested": workers,
            "running": running,
            "starting": workers - running,
            "queued": 0,
            "held": 0,
            "failed": 0,
            "lost": 0,
        },
        "reasons": [],
        "warnings": [],
        "cores": 4 * workers,
        "cpu": round(random.uniform(3, 4) * workers),
        "memory": {"used": int(random.uniform(1, 1.5) * workers * GIB), "limit": 2 * workers * GIB},
        "tasks": {"processing": int(random.uniform(0, 5) * workers), "waiting": int(random.uniform(0, 50) * workers), "erred": 0},
        "scheduler": {"address": "tls://127.0.0.1:8786", "dashboard_port": None, "dashboard": None},
    }


def worker(number: int) -> dict[str, Any]:
    return {
        "address": f"tls://10.0.{number // 250}.{number % 250}:40000",
        "name": f"worker-{number}",
        "host": f"10.0.{number // 250}.{number % 250}",
        "status": "running",
        "cores": 4,
        "memory_limit": 2 * GIB,
        "memory": random.randrange(GIB),
        "spilled": 0,
        "cpu": round(random.uniform(0, 4), 2),
        "processing": random.randrange(8),
        "last_seen": time.time(),
        "since": NOW,
    }


def job(number: int) -> dict[str, Any]:
    held = number % 7 == 0
    return {
        "id": f"{JOBS - number}.0",
        "worker": f"worker-{JOBS - number}",
        "state": "held" if held else "running",
        "reason": "Error from slot1@node7: memory usage exceeded request_memory" if held else None,
        "host": f"node{number % 500}",
        "submitted": NOW,
        "started": NOW,
        "walltime_end": NOW + 720,
        "ended": None,
        "exit_code": None,
        "workers": int(not held),
        "actions": ["release", "cancel"] if held else ["cancel"],
    }


class Answer(RequestHandler):
    """Something that is asked for."""

    def initialize(self, make: Any) -> None:
        self._make = make

    def get(self) -> None:
        self.finish(json.dumps(self._make()))


class Scale(RequestHandler):
    """Another size."""

    def initialize(self, size: dict[str, int]) -> None:
        self._size = size

    def post(self) -> None:
        self._size |= json.loads(self.request.body)
        self.finish(status(**self._size))


class Status(WebSocketHandler):
    """Pushes as a real host does, as often as it was told to."""

    def initialize(self, size: dict[str, int], interval: float | None) -> None:
        self._size = size
        self._interval = interval

    def open(self) -> None:
        self._task = asyncio.create_task(self._push())

    async def _push(self) -> None:
        try:
            await self.write_message(json.dumps(status(**self._size)))
            while self._interval:
                await asyncio.sleep(self._interval)
                await self.write_message(json.dumps(status(**self._size)))
        except WebSocketClosedError:
            pass


def history() -> dict[str, Any]:
    names = ("requested", "running", "cores", "cpu", "memory", "spilled", "read", "written", "processing", "waiting", "erred")
    times = [NOW - 2 * (SAMPLES - number) for number in range(SAMPLES)]
    events = [{"time": time, "text": "3 queued: 12 ahead of you"} for time in times[-500:]]
    return {"times": times, "figures": {name: [random.random() for _ in times] for name in names}, "events": events}


async def serve(listening: socket.socket, size: dict[str, int], interval: float | None) -> None:
    application = Application(
        [
            ("/workers", Answer, {"make": lambda: [worker(number) for number in range(WORKERS)]}),
            ("/jobs", Answer, {"make": lambda: [job(number) for number in range(JOBS)]}),
            ("/history", Answer, {"make": history}),
            ("/scale", Scale, {"size": size}),
            ("/status", Status, {"size": size, "interval": interval}),
        ],
        log_function=lambda handler: None,
    )
    HTTPServer(application).add_socket(listening)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()


if __name__ == "__main__":
    listening = socket.socket(fileno=int(sys.argv[2]))
    listening.setblocking(False)
    record = json.loads((Path(sys.argv[1]) / "cluster.json").read_text())
    asyncio.run(serve(listening, record["size"], record["settings"]["interval"]))
