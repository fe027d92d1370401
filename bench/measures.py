"""What the server and its user feel: each function is one run for one extension, and returns values by the names in report.py."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .extensions import Extension
from .graphs import GRAPHS
from .jupyter import Server, helper, serve, until

PROXY = "jupyter_server_proxy"
#: Seconds between two requests for the server's status.
PING = 0.05

#: The scheduler gives workers all they can do. By default it keeps trivial tasks back and gives out one at a time, a round trip each:
#: 50,000 then take minutes, in which nobody has much to do.
SATURATION = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION": "inf"}

#: Seconds that a user looks at the form.
FORM = 3

Values = dict[str, float]


def start(extension: Extension) -> tuple[Values, list[str]]:
    """What a server's start costs more with the extension than without, alone and with the proxy; and the heavy imports of the first."""
    bare, alone, proxied = (_started(extension, modules) for modules in ([], [extension.module], [extension.module, PROXY]))
    values = {
        f"start_{what}{suffix}": loaded[what] - bare[what]
        for what in ("cpu", "memory", "modules")
        for suffix, loaded in (("", alone), ("_proxied", proxied))
    }
    return values, [name for name in alone["heavy"] if name not in bare["heavy"]]


def _started(extension: Extension, modules: list[str]) -> dict[str, Any]:
    with serve(extension.python, modules, extension.environ) as server:
        return dict(server.read())


def clusters(extension: Extension) -> Values:
    """The life of two clusters on a fresh server, with graphs on the first."""
    values: Values = {}
    with serve(extension.python, [extension.module], {**extension.environ, **SATURATION}) as server:
        first = _create(extension, server, values, "first_create")
        later = _create(extension, server, values, "later_create")
        with _watched(server, values, "scale"):
            begin = time.monotonic()
            extension.scale(server, later, 4)
            until(lambda: extension.workers(server, later) == 4)
            values["scale"] = time.monotonic() - begin
        with _watched(server, values, "close"):
            begin = time.monotonic()
            _close(extension, server, later)
            values["close"] = time.monotonic() - begin
        with helper(extension.python, "bench.graphs", extension.connection(server, first)) as run:
            for graph in GRAPHS:
                with _watched(server, values, graph):
                    values[graph] = float(run(graph))
        _close(extension, server, first)
    return values


def without_form(extension: Extension) -> Values:
    """Clusters that come without a look at a form: by a script, or a click in the launcher."""
    values: Values = {}
    with serve(extension.python, [extension.module], extension.environ) as server:
        for name in ("first", "later"):
            _close(extension, server, _create(extension, server, values, f"{name}_unannounced", form=False))
    return values


def _create(extension: Extension, server: Server, values: Values, name: str, *, form: bool = True) -> str:
    """A cluster of two workers."""
    if form:
        extension.open_form(server)
        time.sleep(FORM)
    with _watched(server, values, name):
        begin = time.monotonic()
        cluster_id = extension.create(server)
        until(lambda: extension.workers(server, cluster_id) > 0)
        values[name] = time.monotonic() - begin
        until(lambda: extension.workers(server, cluster_id) == 2)
    return cluster_id


def _close(extension: Extension, server: Server, cluster_id: str) -> None:
    extension.close(server, cluster_id)
    until(lambda: cluster_id not in extension.ids(server))


@contextmanager
def _watched(server: Server, values: Values, name: str) -> Iterator[None]:
    """For how long the server's loop was held meanwhile, and how long it took to answer.

    `GET /api/status` is asked at fixed times: what waits behind a slow answer counts from when it was due.
    """
    latencies: list[float] = []
    stop = threading.Event()

    def ping() -> None:
        due = time.monotonic()
        while not stop.wait(max(0.0, due - time.monotonic())):
            server.get("api/status")
            latencies.append(time.monotonic() - due)
            due += PING

    server.read()
    thread = threading.Thread(target=ping, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
    values[f"{name}_stall"] = server.read()["stall"]
    values[f"{name}_p99"] = statistics.quantiles(latencies, n=100)[98] if len(latencies) > 1 else latencies[0]
