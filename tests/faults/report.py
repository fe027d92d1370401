"""docs/faults.md: what the matrix saw."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Iterable
from pathlib import Path

#: Process, fault and phase: what became of the cluster, and after how many seconds all was as it should be.
_cells: dict[tuple[str, str, str], str] = {}

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
    """Remember a cell."""
    _cells[process, fault, phase] = f"{outcome} ({seconds:.0f})"


def write(path: Path, phases: Iterable[str], stopped: float) -> None:
    """Write the document."""
    phases = list(phases)
    lines = [f"| process | fault | {' | '.join(phases)} |", "|---|---|" + "---|" * len(phases)]
    for process, fault in dict.fromkeys((process, fault) for process, fault, _ in _cells):
        cells = [_cells.get((process, fault, phase), "**failed**") for phase in phases]
        lines.append(f"| {process} | {fault} | {' | '.join(cells)} |")
    date = datetime.datetime.now(tz=datetime.timezone.utc).date()
    path.write_text(TEXT.format(date=date, python=platform.python_version(), seconds=stopped, table="\n".join(lines)))
