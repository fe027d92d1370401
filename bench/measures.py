"""What is measured: each function is one run for one extension, and returns values by the names in report.py."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .extensions import Extension
from .graphs import GRAPHS
from .jupyter import ROOT, Server, serve

PROXY = "jupyter_server_proxy"
#: Seconds between two looks at a cluster, and between two requests for the server's status.
POLL = 0.02
PING = 0.05
#: Seconds within which a cluster must have come or gone.
DEADLINE = 60

#: The scheduler gives workers all they can do. By default it keeps trivial tasks back and gives out one at a time, a round trip each:
#: 50,000 then take minutes, in which nobody has much to do.
SATURATION = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION": "inf"}

#: Seconds that a user looks at the form, and that an idle server is watched.
FORM = 3
IDLE = 20
#: How many clusters of one worker there are where memory is measured, and how often something short is timed.
CLUSTERS = 3
TIMES = 20

Values = dict[str, float]


def start(extension: Extension) -> tuple[Values, list[str]]:
    """What a server's start costs more with the extension than without, alone and with the proxy; and the heavy imports of the first."""
    bare, alone, proxied = (_started(extension, modules) for modules in ([], [extension.module], [extension.module, PROXY]))
    values = {
        "start": alone["cpu"] - bare["cpu"],
        "modules": alone["modules"] - bare["modules"],
        "start_proxied": proxied["cpu"] - bare["cpu"],
        "modules_proxied": proxied["modules"] - bare["modules"],
    }
    return values, [name for name in alone["heavy"] if name not in bare["heavy"]]


def _started(extension: Extension, modules: list[str]) -> dict[str, Any]:
    with serve(extension.python, modules, extension.environ) as server:
        return dict(server.read())


def clusters(extension: Extension) -> Values:
    """The life of two clusters on a fresh server: what the server's loop and its user feel of it."""
    values: Values = {}
    with serve(extension.python, [extension.module], {**extension.environ, **SATURATION}) as server:
        first = _create(extension, server, values, "first_create")
        later = _create(extension, server, values, "later_create")
        _close(extension, server, later)
        with _client(extension, server, first) as run:
            for graph in GRAPHS:
                server.read()
                with _pings(server) as latencies:
                    values[f"{graph}_time"] = run(graph)
                values[f"{graph}_stall"] = server.read()["stall"]
                values[f"{graph}_p99"] = statistics.quantiles(latencies, n=100)[98]
        _close(extension, server, first)
    return values


def without_form(extension: Extension) -> Values:
    """Clusters that come without a look at a form: by a script, or a click in the launcher."""
    values: Values = {}
    with serve(extension.python, [extension.module], extension.environ) as server:
        for name in ("first", "later"):
            _close(extension, server, _create(extension, server, values, f"{name}_unannounced", form=False))
    return values


def costs(extension: Extension) -> Values:
    """What clusters of one worker cost while nothing is computed, and how long it takes to look at them."""
    environ = {**extension.environ, "DASK_LABEXTENSION__DEFAULT__WORKERS": "1"}
    with serve(extension.python, [extension.module, PROXY], environ) as server:
        memory = [_memory(server)]
        ids = []
        for _ in range(CLUSTERS):
            ids.append(extension.create(server, workers=1))
            _until(lambda: extension.workers(server, ids[-1]) == 1)
            memory.append(_memory(server))
        busy = server.read()["cpu"]
        time.sleep(IDLE)
        busy = server.read()["cpu"] - busy
        return {
            **{
                f"{whose}_{which}": difference
                for index, whose in enumerate(("server", "all"))
                for which, difference in (
                    ("first", memory[1][index] - memory[0][index]),
                    ("further", (memory[-1][index] - memory[1][index]) / (CLUSTERS - 1)),
                )
            },
            "idle": busy * 60 / IDLE,
            "list": _median_time(lambda: extension.ids(server)),
            "dashboard": _median_time(lambda: server.fetch("GET", extension.dashboard(server, ids[0]))),
        }


def _memory(server: Server) -> tuple[float, float]:
    """The server's own, and that of all its processes: bytes, what several share divided among them (PSS)."""
    own = server.read()["pid"]
    sizes = {process.pid: float(process.memory_full_info().pss) for process in server.processes()}
    return sizes[own], sum(sizes.values())


def _median_time(action: Callable[[], object]) -> float:
    def timed() -> float:
        begin = time.monotonic()
        action()
        return time.monotonic() - begin

    return statistics.median(timed() for _ in range(TIMES))


def _create(extension: Extension, server: Server, values: Values, name: str, *, form: bool = True) -> str:
    if form:
        extension.open_form(server)
        time.sleep(FORM)
    server.read()
    begin = time.monotonic()
    cluster_id = extension.create(server)
    _until(lambda: extension.workers(server, cluster_id) > 0)
    values[name] = time.monotonic() - begin
    _until(lambda: extension.workers(server, cluster_id) == 2)
    values[f"{name}_stall"] = server.read()["stall"]
    return cluster_id


def _close(extension: Extension, server: Server, cluster_id: str) -> None:
    extension.close(server, cluster_id)
    _until(lambda: cluster_id not in extension.ids(server))


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {DEADLINE} s")
        time.sleep(POLL)


@contextmanager
def _client(extension: Extension, server: Server, cluster_id: str) -> Iterator[Callable[[str], float]]:
    """A notebook that is connected to a cluster: runs a graph and tells how long it took."""
    connection = json.dumps(extension.connection(server, cluster_id))
    command = [str(extension.python), "-m", "bench.graphs", connection]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environ) as process:
        try:
            assert process.stdin
            assert process.stdout
            requests, answers = process.stdin, process.stdout
            answers.readline()

            def run(graph: str) -> float:
                print(graph, file=requests, flush=True)
                return float(answers.readline())

            yield run
            requests.close()
            process.wait(DEADLINE)
        finally:
            process.kill()


@contextmanager
def _pings(server: Server) -> Iterator[list[float]]:
    """How long `GET /api/status` takes meanwhile, asked at fixed times: what waits behind a slow answer counts from when it was due."""
    latencies: list[float] = []
    stop = threading.Event()

    def ping() -> None:
        due = time.monotonic()
        while not stop.wait(max(0.0, due - time.monotonic())):
            server.get("api/status")
            latencies.append(time.monotonic() - due)
            due += PING

    thread = threading.Thread(target=ping, daemon=True)
    thread.start()
    try:
        yield latencies
    finally:
        stop.set()
        thread.join()
