"""A Jupyter server extension that measures the server it runs in: `GET /bench-ticker`."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from typing import Any

import psutil
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.ioloop import PeriodicCallback

#: Milliseconds between two ticks.
INTERVAL = 10
#: Packages that take long to import.
HEAVY = ("aiohttp", "bokeh", "cryptography", "dask", "distributed", "jupyter_server_proxy", "numpy")


def cpu() -> float:
    """User and system time of the server and of its ended children, in seconds."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


#: This module is imported before all other extensions: what the server did until then is the same for all, and noise.
BEGIN = cpu()


class Ticker:
    """The longest CPU time of the loop's thread between two ticks: how long the loop was held, however busy the machine is."""

    def __init__(self) -> None:
        self._last = time.thread_time()
        self._longest = 0.0
        self._callback = PeriodicCallback(self._tick, INTERVAL)
        self._callback.start()

    def _tick(self) -> None:
        now = time.thread_time()
        self._longest = max(self._longest, now - self._last)
        self._last = now

    def read(self) -> float:
        """The longest since the last read, in seconds."""
        self._tick()
        longest, self._longest = self._longest, 0.0
        return longest


class TickerHandler(APIHandler):
    """Each reading begins a new measurement."""

    def initialize(self, ticker: Ticker) -> None:
        """All requests read one ticker."""
        self.ticker = ticker

    @web.authenticated
    def get(self) -> None:
        """How long the loop was held, the CPU time since the extensions began to load, memory of its own in bytes, and what is imported."""
        reading = {
            "stall": self.ticker.read(),
            "cpu": cpu() - BEGIN,
            "pid": os.getpid(),
            "memory": psutil.Process().memory_full_info().uss,
            "modules": len(sys.modules),
            "heavy": [name for name in HEAVY if name in sys.modules],
        }
        self.finish(json.dumps(reading))


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": __name__}]


def _load_jupyter_server_extension(app: Any) -> None:
    path = url_path_join(app.web_app.settings["base_url"], "bench-ticker")
    app.web_app.add_handlers(".*$", [(path, TickerHandler, {"ticker": Ticker()})])
