"""docs/soak.md: what was seen."""

from __future__ import annotations

import datetime
import json
import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path

from .amounts import IN_FLIGHT

TEXT = """\
# What happens if there is much of everything

`make soak` starts whole Jupyter servers, does much of everything to them, and writes this file. {date}, Python {python}, {cpus} CPUs.
Memory is what would be free without the server (USS). CPU is part of one core. Left to itself it has 500 clusters that come and go, 50 at
once, 20 browsers, 2,000 workers, 5,000 changes and 5,000 connections ($CASA_LABEXT_CYCLES, `tests/soak/amounts.py`); the second column has
what was done.

| what | how much | what was seen |
|---|---|---|
{rows}

- *Clusters that come and go*: each gets a worker, is scaled, and is closed; every second one after a look at the form, so that a host
  waits for it. Growth is the slope of the line that fits the server's memory best, once it is warm. Afterwards no process, no
  directory of a cluster and no temporary folder is left.
- *Clusters at once*: this machine's, as many as that one after the other, {in_flight} starting at a time.
- *Browsers*: connections to the stream, each of which ends with exactly the clusters that `GET clusters` lists.
- *Workers*: real ones, in four processes, connected to one cluster of this machine over TLS.
- *Slow readers* never read. What they have not taken is replaced by what is newer; the server keeps nothing else for them.
- *A storm*: browsers that connect and disconnect, half of them without a word. All descriptors return.

`make test` does the same with little of everything. `bench/` measures what a cluster costs beside dask-labextension
([benchmarks.md](benchmarks.md)); `ui-tests/tests/crowd.spec.ts` has 50 clusters in a real browser.
"""

KIB, MIB = 2**10, 2**20

#: By what was noted: how much of it, and what was seen. Figures are in bytes, seconds and parts of a core.
ROWS: dict[str, tuple[str, str, Callable[[dict[str, float]], str]]] = {
    "cycles": (
        "clusters that come and go",
        "{count}, {in_flight} in flight",
        lambda seen: (
            f"memory grows by {seen['bytes']:.0f} bytes a cluster, to {seen['memory'] / MIB:.1f} MiB; "
            f"{seen['descriptors']} descriptors, {seen['threads']} threads"
        ),
    ),
    "many": (
        "clusters at once",
        "{count}, workers each: {workers}",
        lambda seen: (
            f"{seen['bytes'] / KIB:.0f} KiB of the server's memory each; listed in {seen['list'] * 1000:.0f} ms; "
            f"the server's idle CPU is {seen['idle']:.3f}; all closed in {seen['closed']:.0f} s"
        ),
    ),
    "browsers": (
        "browsers",
        "{count}, while {clusters} clusters change twice a second",
        lambda seen: (
            f"all see the same; {seen['messages']:.0f} messages and {seen['bytes'] / KIB:.0f} KiB a second for each; "
            f"the server's CPU is {seen['cpu']:.2f}, {seen['alone']:.2f} for one browser"
        ),
    ),
    "workers": (
        "workers of a cluster",
        "{count}",
        lambda seen: (
            f"all counted; a request took {seen['longest']:.1f} s at most while they came; details of all in {seen['details']:.1f} s "
            f"({seen['size'] / KIB:.0f} KiB); then the server's CPU is {seen['server']:.3f}, the host's {seen['host']:.2f}, "
            f"and {seen['told']:.0f} bytes a second go to a browser"
        ),
    ),
    "slow": (
        "slow readers",
        "{count}, {changes} changes",
        lambda seen: (
            f"{seen['told'] / KIB:.0f} KiB told to a browser that reads; the server's memory grows by {seen['grown'] / KIB:.0f} KiB"
        ),
    ),
    "storm": (
        "a storm",
        "{count} connections in {seconds:.0f} s",
        lambda seen: f"{seen['bytes']:.0f} bytes of memory stay for each; a request took {seen['longest']:.1f} s at most meanwhile",
    ),
}


def note(subject: str, **figures: float) -> None:
    """Write figures down: a line of JSON in the file $CASA_LABEXT_FIGURES, if there is one."""
    if path := os.environ.get("CASA_LABEXT_FIGURES"):
        with open(path, "a") as file:
            file.write(json.dumps([subject, figures]) + "\n")


def main(path: Path) -> None:
    """Print the document of the figures in a file; of several about one subject the last count."""
    figures: dict[str, dict[str, float]] = dict(map(json.loads, path.read_text().splitlines()))
    lines = []
    for subject, (what, amount, seen) in ROWS.items():
        told = figures.get(subject)
        lines.append(f"| {what} | {amount.format(**told)} | {seen(told)} |" if told else f"| {what} | | **not seen** |")
    print(
        TEXT.format(
            date=datetime.datetime.now(tz=datetime.timezone.utc).date(),
            python=platform.python_version(),
            cpus=os.cpu_count(),
            rows="\n".join(lines),
            in_flight=IN_FLIGHT,
        ),
        end="",
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
