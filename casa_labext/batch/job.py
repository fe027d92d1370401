"""A job, as its batch system has it."""

from __future__ import annotations

from dataclasses import dataclass

#: The states of a job that is still in the batch system's hands.
ACTIVE = frozenset(("queued", "running", "held", "completing"))


@dataclass(frozen=True)
class Job:
    """One job. Times are seconds since the epoch; `reason` is in the words of the batch system."""

    id: str
    #: queued, running, held, completing, failed or gone.
    state: str
    reason: str | None = None
    host: str | None = None
    submitted: float | None = None
    started: float | None = None
    #: When the batch system will end it, of one that runs.
    walltime_end: float | None = None
    ended: float | None = None
    exit_code: int | None = None
    #: Whether a person has held it: such a job is not to be replaced.
    deliberate: bool = False

    @property
    def active(self) -> bool:
        """Whether it can still run, or does."""
        return self.state in ACTIVE
