"""The table of faults, and docs/faults.md: what was seen."""

from __future__ import annotations

import datetime
import json
import os
import platform
import sys
from pathlib import Path

#: Seconds that a stopped process stays so.
STOPPED = float(os.environ.get("CASA_LABEXT_STOPPED", "12"))

GOES_ON, CLOSES, DIES = "goes on", "closes", "dies, and is said to"
#: What becomes of the cluster; a cluster that is closing does so in any case.
OUTCOMES = {
    ("server", "SIGTERM"): CLOSES,
    ("server", "SIGKILL"): GOES_ON,
    ("server", "SIGSTOP"): GOES_ON,
    ("host", "SIGTERM"): CLOSES,
    ("host", "SIGKILL"): DIES,
    ("host", "SIGSTOP"): GOES_ON,
    ("fork server", "SIGTERM"): GOES_ON,
    ("fork server", "SIGKILL"): GOES_ON,
    ("fork server", "SIGSTOP"): GOES_ON,
    ("worker", "SIGTERM"): GOES_ON,
    ("worker", "SIGKILL"): GOES_ON,
    ("worker", "SIGSTOP"): GOES_ON,
}
#: Nobody listens to signals yet.
OUTCOMES_AT_START = {("host", "SIGTERM"): DIES}
#: Workers before and after, in each phase.
PHASES = {"starting": (0, 2), "computing": (2, 2), "scaling": (1, 3), "closing": (2, 0)}

TEXT = """\
# What happens if a process is killed

`make faults` does to each process of a cluster of two workers what can be done to it, in each phase of the cluster's life, and writes this
file. {date}, Python {python}; {seconds:.0f} s are what a stopped process stays so. In brackets: seconds until all was as it should be.

{table}

- *goes on*: the cluster has the workers that were asked for, and what was being computed has a result. *closes*: as if its user had closed
  it. *dies, and is said to*: its card goes with a message, or stays with it if it never ran.
- In each case: no process, folder or socket is left; a new cluster starts afterwards.
- A server that died is started again. The scheduler and the nannies are in the cluster host. Workers are copies of the fork server, which
  has nothing to do once they run.

What is tested elsewhere: a full disk, a worker's and a host's death told in the browser, schedulers that are shut down
(`tests/test_faults.py`), batch systems that hang, refuse, or are down (`tests/test_batch.py`), the API server of Kubernetes
(`tests/test_kubernetes.py`), a gateway (`tests/test_gateway.py`), a browser that loses its connection (`ui-tests/tests/panel.spec.ts`).

What is not: a network that is cut between machines, and a clock that jumps; neither can be done to one process of this machine.
"""


def note(process: str, fault: str, phase: str, outcome: str, seconds: float) -> None:
    """Write a cell down: a line of JSON in the file $CASA_LABEXT_CELLS, if there is one."""
    if path := os.environ.get("CASA_LABEXT_CELLS"):
        with open(path, "a") as file:
            file.write(json.dumps([process, fault, phase, f"{outcome} ({seconds:.0f})"]) + "\n")


def main(path: Path) -> None:
    """Print the document of the cells in a file."""
    cells = {(process, fault, phase): text for process, fault, phase, text in map(json.loads, path.read_text().splitlines())}
    lines = [f"| process | fault | {' | '.join(PHASES)} |", "|---|---|" + "---|" * len(PHASES)]
    for process, fault in OUTCOMES:
        texts = [cells.get((process, fault, phase), "**failed**") for phase in PHASES]
        lines.append(f"| {process} | {fault} | {' | '.join(texts)} |")
    date = datetime.datetime.now(tz=datetime.timezone.utc).date()
    print(TEXT.format(date=date, python=platform.python_version(), seconds=STOPPED, table="\n".join(lines)), end="")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
