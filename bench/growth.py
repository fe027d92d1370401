"""How what the server answers grows with clusters and workers: exponents fitted to a few points, measured once."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import ExitStack

import numpy
from websocket import create_connection

from .extensions import Extension, Ours
from .jupyter import Server, helper, median_time, serve, until

CLUSTERS = (1, 3, 10)
WORKERS = (2, 20, 200)
#: Times that a list is timed.
TIMES = 50

#: What was measured at each size.
Points = dict[int, dict[str, float]]


def growth(extension: Extension) -> dict[str, Points]:
    """Lists of `clusters` without workers, of one cluster with `workers`, and of ten clusters with 200 workers each (`both`)."""
    points: dict[str, Points] = {"clusters": {}, "workers": {}, "both": {}}
    environ = {**extension.environ, "DASK_LABEXTENSION__DEFAULT__WORKERS": "0"}
    with ExitStack() as stack:
        server = stack.enter_context(serve(extension.python, [extension.module], environ))
        joins: list[Callable[[str], str]] = []
        for number in range(1, max(CLUSTERS) + 1):
            created = extension.create(server, workers=0)
            until(lambda created=created: extension.connected(server, created))  # type: ignore[misc]
            joins.append(stack.enter_context(helper(extension.python, "bench.workers", extension.connection(server, created), "silent")))
            if number in CLUSTERS:
                points["clusters"][number] = look(extension, server)
        first = extension.ids(server)[0]
        for before, number in zip((0, *WORKERS), WORKERS, strict=False):
            joins[0](str(number - before))
            until(lambda number=number: extension.workers(server, first) == number)  # type: ignore[misc]
            points["workers"][number] = look(extension, server)
        for join in joins[1:]:
            join(str(max(WORKERS)))
        until(lambda: all(extension.workers(server, one) == max(WORKERS) for one in extension.ids(server)))
        points["both"][max(CLUSTERS) * max(WORKERS)] = look(extension, server)
    return points


def look(extension: Extension, server: Server) -> dict[str, float]:
    """Seconds that a list takes, its bytes, and those of what a browser is sent at its start; the peer sends nothing by itself."""
    looked = {
        "list": median_time(lambda: extension.ids(server), TIMES),
        "list_bytes": float(len(json.dumps(server.get(extension.list_path)))),
    }
    if isinstance(extension, Ours):
        stream = create_connection(
            f"ws://127.0.0.1:{server.port}/casa-labext/api/stream", timeout=10, header={"Authorization": f"token {server.token}"}
        )
        looked["push_bytes"] = float(len(stream.recv()))
        stream.close()
    return looked


def exponent(points: Mapping[int, Mapping[str, float]], name: str) -> float:
    """Of the power law that fits best: 1 if it grows in proportion, 0 if it does not grow."""
    sizes = numpy.log(list(points))
    values = numpy.log([point[name] for point in points.values()])
    return float(numpy.polyfit(sizes, values, 1)[0])
