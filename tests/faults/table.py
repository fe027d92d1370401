"""The table: what is done to which process, and what becomes of its cluster."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from itertools import product

#: Seconds that a stopped process stays so.
STOPPED = float(os.environ.get("CASA_LABEXT_STOPPED", "12"))
#: Seconds that a disk is full, a network cut, a clock wrong, and a daemon down. Distributed gives a connection up that was cut for 30 s.
LASTS = 12.0

GOES_ON, CLOSES, DIES, FAILS = "goes on", "closes", "dies, and is said to", "fails, and is said to"

FAULTS = ("SIGTERM", "SIGKILL", "SIGSTOP", "disk full", "network cut", "clock jump")
#: Workers before and after, in each phase of a cluster's life.
PHASES = {"starting": (0, 2), "computing": (2, 2), "scaling": (1, 3), "closing": (2, 0)}


@dataclass(frozen=True)
class Row:
    """A process. A fault that is not in `outcomes` is explained in report.py."""

    process: str
    #: Where the cluster is: see places.py.
    place: str
    #: What becomes of the cluster after a fault; one that is closing closes in any case.
    outcomes: dict[str, str]
    #: The same, by fault and phase, where it is another.
    exceptions: dict[tuple[str, str], str] = field(default_factory=dict)
    #: The faults and phases in which the card must say that something does not answer.
    told: frozenset[tuple[str, str]] = frozenset()

    def outcome(self, fault: str, phase: str) -> str:
        """What becomes of the cluster in a cell."""
        return CLOSES if phase == "closing" else self.exceptions.get((fault, phase), self.outcomes[fault])


SIGNALS = ("SIGTERM", "SIGKILL", "SIGSTOP")
SURVIVED = dict.fromkeys(SIGNALS, GOES_ON)

TABLE = (
    Row("browser", "local", {**SURVIVED, "network cut": GOES_ON}),
    Row("server", "local", {**SURVIVED, "SIGTERM": CLOSES, "disk full": GOES_ON}),
    Row(
        "host",
        "local",
        {"SIGTERM": CLOSES, "SIGKILL": DIES, "SIGSTOP": GOES_ON, "network cut": GOES_ON},
        exceptions={("SIGTERM", "starting"): DIES},  # nobody listens to signals yet
        told=frozenset(product(["SIGSTOP"], PHASES)),
    ),
    Row("fork server of hosts", "local", SURVIVED),
    Row("fork server of workers", "local", SURVIVED),
    Row("worker", "local", {**SURVIVED, "disk full": GOES_ON, "network cut": GOES_ON}),
    Row("machine", "local", {"clock jump": GOES_ON}),
    Row(
        "scheduler",
        "subprocess",
        {"SIGTERM": FAILS, "SIGKILL": FAILS, "SIGSTOP": GOES_ON, "network cut": GOES_ON},
        exceptions={("SIGSTOP", "starting"): FAILS},  # the class waits for one that was stopped before it listened for longer than we do
    ),
    Row("host", "slurm", {"SIGTERM": CLOSES, "SIGKILL": DIES}, exceptions={("SIGTERM", "starting"): DIES}),
    Row("nanny", "slurm", SURVIVED),
    Row("worker", "slurm", SURVIVED),
    # As long as nothing is to be submitted, a cluster runs as well without it.
    Row("slurmctld", "slurm", {**SURVIVED, "network cut": GOES_ON}, told=frozenset(product([*SIGNALS, "network cut"], ["scaling"]))),
    Row("slurmd", "slurm", SURVIVED),
    Row("schedd", "htcondor", SURVIVED),
    Row("startd", "htcondor", SURVIVED),
)
