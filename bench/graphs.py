"""A notebook's part: `python -m bench.graphs <connection as JSON>` connects, then runs each graph it is told by a line of its input."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from distributed import Client, Security

TASKS = 50_000
LAYERS = 5


def increment(number: int) -> int:
    """A task that costs nothing but its scheduling."""
    return number + 1


def flat(client: Client) -> Any:
    """Tasks that depend on nothing."""
    return client.map(increment, range(TASKS))


def layered(client: Client) -> Any:
    """Layers of tasks, each depending on one of the layer before."""
    layer = range(TASKS // LAYERS)
    for _ in range(LAYERS):
        layer = client.map(increment, layer)
    return layer


GRAPHS: dict[str, Callable[[Client], Any]] = {"flat": flat, "layered": layered}


def run(client: Client, graph: str) -> float:
    """Seconds from the submission to the results; returns when the scheduler has forgotten the tasks."""
    start = time.monotonic()
    results = client.gather(GRAPHS[graph](client))
    seconds = time.monotonic() - start
    assert results[-1] in (TASKS, TASKS // LAYERS - 1 + LAYERS)
    while client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)):
        time.sleep(0.1)
    return seconds


def security(connection: dict[str, Any]) -> Security | None:
    """The certificates of a cluster, for its clients and its workers."""
    tls = connection["tls"]
    if not tls:
        return None
    files = {f"tls_{role}_{what}": tls[what] for role in ("client", "worker") for what in ("cert", "key")}
    return Security(require_encryption=True, tls_ca_file=tls["ca"], **files)


def main() -> None:
    """Connect, say so, and run what is asked for."""
    connection = json.loads(sys.argv[1])
    with Client(connection["address"], security=security(connection)) as client:
        client.wait_for_workers(2)
        print("ready", flush=True)
        for line in sys.stdin:
            print(run(client, line.strip()), flush=True)


if __name__ == "__main__":
    main()
