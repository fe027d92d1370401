"""What is told of jobs, and what can be done with them."""

import time
from types import SimpleNamespace
from typing import Any

import pytest

from casa_labext.batch import report
from casa_labext.batch.job import Job
from casa_labext.batch.keeper import Slot


def told(job: Job, *, connected: float | None = None, workers: int = 0) -> dict[str, Any]:
    """A wanted job as its cluster tells of it; `connected`: since when, if its worker was there once."""
    attempt: Any = SimpleNamespace(name="a", job_id=job.id, failure=None)
    keeper: Any = SimpleNamespace(
        slots={"a": Slot(attempt, begun=0.0, connected=connected)},
        jobs={job.id: job},
        owners={job.id: "a"},
        connected=lambda: {"a": ["worker"] * workers},
        site=SimpleNamespace(processes=1),
        explanation=None,
    )
    (only,) = report.jobs(keeper)
    return only


@pytest.mark.parametrize(
    ("ago", "connected", "workers", "reason", "actions"),
    [
        (1, None, 0, None, ["cancel"]),
        (100, 1.0, 1, None, ["cancel"]),
        (100, None, 0, "Running for 100 s, but no worker has connected", ["retry", "cancel"]),
        (100, 1.0, 0, "The job runs, but its worker has gone", ["retry", "cancel"]),
    ],
)
def test_a_job_that_runs_without_its_worker_can_be_retried(
    ago: float, connected: float | None, workers: int, reason: str | None, actions: list[str]
) -> None:
    job = told(Job("7", "running", started=time.time() - ago), connected=connected, workers=workers)
    assert (job["reason"], job["actions"]) == (reason, actions)
