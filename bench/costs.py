"""What clusters of one worker cost while nothing is computed, and what a browser sees of them."""

from __future__ import annotations

from .browser import lab
from .extensions import Extension
from .jupyter import Server, helper, median_time, serve, until
from .measures import PROXY, Values

#: How many clusters there are in the end, and how often a worker's arrival and a dashboard are timed.
CLUSTERS = 10
ARRIVALS = 5
DRAWN = 3


def costs(extension: Extension) -> Values:
    """One run."""
    values: Values = {}
    environ = {**extension.environ, "DASK_LABEXTENSION__DEFAULT__WORKERS": "1"}
    with serve(extension.python, [extension.module, PROXY, "jupyterlab"], environ) as server:
        server.get("api/kernelspecs")  # as JupyterLab does first of all: what that imports is not the extension's
        memory = [_memory(server)]
        ids: list[str] = []
        while len(ids) < CLUSTERS:
            ids.append(extension.create(server, workers=1))
            until(lambda: extension.workers(server, ids[-1]) == 1)
            memory.append(_memory(server))
        for index, whose in enumerate(("server", "all")):
            values[f"{whose}_first"] = memory[1][index] - memory[0][index]
            values[f"{whose}_further"] = (memory[-1][index] - memory[1][index]) / (CLUSTERS - 1)
        values["list"] = median_time(lambda: extension.ids(server))
        with lab(extension, server) as browser:
            values |= browser.scripts()
            browser.open_panel()
            browser.panel_shows(CLUSTERS)
            values |= browser.idle(f"{CLUSTERS}_open")
            browser.close_panel()
            values |= browser.idle(f"{CLUSTERS}_hidden")
            for cluster_id in ids[1:]:
                extension.close(server, cluster_id)
            until(lambda: len(extension.ids(server)) == 1)
            values |= browser.idle("1_hidden")
            browser.open_panel()
            browser.panel_shows(1)
            values |= browser.idle("1_open")
            with helper(extension.python, "bench.workers", extension.connection(server, ids[0]), "silent") as join:
                values["arrival"] = browser.arrival(lambda: float(join("1")), ARRIVALS)
            values["dashboard"] = browser.drawn(extension.dashboard(server, ids[0]), DRAWN)
    return values


def _memory(server: Server) -> tuple[float, float]:
    """The server's own, and that of all its processes: bytes, what several share divided among them (PSS)."""
    own = server.read()["pid"]
    sizes = {process.pid: float(process.memory_full_info().pss) for process in server.processes()}
    return sizes[own], sum(sizes.values())
