"""`python -m faults.report CELLS`: docs/faults.md, with what was seen, and why some of it was not tested."""

from __future__ import annotations

import datetime
import json
import os
import platform
import sys
from pathlib import Path
from textwrap import fill

from .table import FAULTS, LASTS, PHASES, STOPPED, TABLE, Row

TEXT = """\
# What happens if something fails

`make faults` does to each process of a cluster of two workers what can be done to it, in each phase of the cluster's life, and writes this
file. {date}, Python {python}; {stopped:.0f} s are what a stopped process stays so, {lasts:.0f} s what a disk is full, a network cut, a
clock wrong, and a daemon of a batch system down. In brackets: seconds until all was as it should be.

{table}

- *goes on*: the cluster has the workers that were asked for, and what was being computed has a result. *closes*: as if its user had closed
  it. *dies, and is said to*: its card goes with a message, or stays with it if it never ran. *fails, and is said to*: its card stays and
  says why. *not seen*: it failed, or was not run.
- In each case: no process, folder, socket, file with a secret, or job is left, but for dask's own folder where workers have no other (the
  next worker there clears away what one that was killed has left in it); a new cluster starts afterwards on the same server; a
  browser shows within ten seconds what is so, and while it cannot know, that it does not. A browser here is a WebSocket client that does
  what the panel's store does; the panel itself is tested in `ui-tests/`.
- What does not come by itself is said on the card, and tried again by the user: a cluster or a worker that found no space when it started,
  a cluster whose host was stopped while it connected to its scheduler, and a job whose machine lost its `startd`, for which HTCondor waits
  for forty minutes. A cluster that could not be closed, since its batch system did not answer, says so, and is closed again.
- A server that died is started again, and so is a batch system's daemon. Hosts, and workers on this machine, are copies of fork servers,
  which have nothing to do once those run. Scheduler and nannies of the local kind are in the host.
- A full disk has neither a free block nor room for another file: for the server, Jupyter's runtime directory, for a worker the folder for
  temporary files.
- A cut network lets no packet through to or from the ports of a process: its listening ports, and its connections; for the browser the
  Jupyter server's port. A cut longer than `distributed.comm.timeouts.tcp`, 30 s, ends a connection for distributed itself: not
  tried.
- A clock jump is of an hour ahead, and back again. A machine has one clock, so it is that of the server, the host, the workers and the
  client at once: the row *machine*. Their monotonic clock is right all the time, as it is on a machine whose clock is set.

Not tested, and why:

{reasons}

Not in the table: the API server of Kubernetes, which `tests/test_kubernetes.py` stops while a cluster runs; that it dies is not tested, as
the test's Kubernetes ends with it. A gateway is in `tests/test_gateway.py`. HTCondor's master
is not killed: with it all of its daemons end.
"""

#: Why a row has no such fault, by process and fault or by either.
REASONS: dict[tuple[str | None, str | None], str] = {
    ("machine", None): "A machine's end is that of all its processes at once.",
    (
        None,
        "clock jump",
    ): "A machine has one clock: see *machine*. A batch system's machines have their own, and a command that is refused for"
    " its sake is one that fails (`tests/test_batch.py`).",
    ("browser", "disk full"): "Nothing of ours is on the browser's disk.",
    ("server", "network cut"): "The browser's connection is the server's only one over a network, see there; the host's is a Unix socket.",
    ("host", "disk full"): "The host writes to the server's disk: see there.",
    ("fork server of hosts", None): "It opens no port, and writes no file.",
    ("fork server of workers", None): "It opens no port, and writes no file.",
    ("scheduler", "disk full"): "It writes no file.",
    ("nanny", None): "It talks to whom its worker talks to, and writes where that writes: see *worker*, local.",
    ("worker", None): "As for *worker*, local.",
    ("host", "SIGSTOP"): "As for *host*, local.",
    ("host", "network cut"): "As for *host*, local.",
    (None, "disk full"): "A batch system whose disk is full refuses jobs (`tests/test_batch.py`).",
    (None, "network cut"): "Its commands get no answer, as when it is stopped.",
}


def note(row: Row, fault: str, phase: str, outcome: str, seconds: float) -> None:
    """Write a cell down: a line of JSON in the file $CASA_LABEXT_CELLS, if there is one."""
    if path := os.environ.get("CASA_LABEXT_CELLS"):
        with open(path, "a") as file:
            file.write(json.dumps([row.place, row.process, fault, phase, f"{outcome} ({seconds:.0f})"]) + "\n")


def reason(row: Row, fault: str) -> str:
    """Why a fault is not tested."""
    keys = ((row.process, fault), (row.process, None), (None, fault))
    return next(REASONS[key] for key in keys if key in REASONS)


def main(path: Path) -> None:
    """Print the document of the cells in a file."""
    seen = {(place, process, fault, phase): text for place, process, fault, phase, text in map(json.loads, path.read_text().splitlines())}
    reasons: list[str] = []
    lines = [f"| process | where | fault | {' | '.join(PHASES)} |", "|---|---|---|" + "---|" * len(PHASES)]
    for row in TABLE:
        for fault in FAULTS:
            if fault in row.outcomes:
                texts = [seen.get((row.place, row.process, fault, phase), "**not seen**") for phase in PHASES]
            else:
                if (text := reason(row, fault)) not in reasons:
                    reasons.append(text)
                texts = [f"[{reasons.index(text) + 1}]", *[""] * (len(PHASES) - 1)]
            lines.append(f"| {row.process} | {row.place} | {fault} | {' | '.join(texts)} |")
    date = datetime.datetime.now(tz=datetime.timezone.utc).date()
    numbered = "\n".join(fill(f"{number}. {text}", 140, subsequent_indent="   ") for number, text in enumerate(reasons, 1))
    values = {"date": date, "python": platform.python_version(), "stopped": STOPPED, "lasts": LASTS}
    print(TEXT.format(**values, table="\n".join(lines), reasons=numbered), end="")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
