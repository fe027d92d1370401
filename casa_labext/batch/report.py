"""What is told of a cluster's jobs: where each wanted worker is and why, and the jobs themselves."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from typing import Any

from ..host.errors import Unknown, WrongState
from .job import Job
from .keeper import BACK_OFF, Keeper

#: Where a worker can be that does not run, from the most important to the least.
PLACES = ("failed", "held", "lost", "queued", "starting")
#: Reasons that are told.
REASONS = 5
#: Seconds after which it is worth telling that a job runs and its worker has not connected.
SLOW_START = 30.0


def place(keeper: Keeper, name: str) -> tuple[str, str | None]:
    """Where the workers of a wanted job are that are not connected, and why."""
    where, reason = _place(keeper, name)
    slot = keeper.slots.get(name)
    if slot and slot.failures and where in ("queued", "starting"):
        return where, f"attempt {slot.failures + 1} of {len(BACK_OFF) + 1}, after: {slot.cause}"
    return where, reason


def _place(keeper: Keeper, name: str) -> tuple[str, str | None]:
    slot = keeper.slots.get(name)
    if slot and slot.attempt.failure:
        return "failed", slot.attempt.failure
    job = keeper.jobs.get(slot.attempt.job_id or "") if slot else None
    if slot is None or job is None:
        return "queued", None  # about to be submitted, or to be listed
    if job.state == "running":
        if slot.connected is not None:
            return "lost", "The job runs, but its worker has gone"
        waited = time.time() - (job.started or time.time())
        return "starting", f"Running for {waited:.0f} s, but no worker has connected" if waited > SLOW_START else None
    if job.state == "queued" and job.started is None and keeper.explanation:
        return "queued", keeper.explanation
    return {"gone": "failed", "completing": "lost"}.get(job.state, job.state), job.reason


def report(keeper: Keeper) -> dict[str, Any]:
    """The numbers of workers that are `requested`, and by place; `reasons` and `walltime_end`, as in openapi.yaml.

    `problem`: why the batch system does not answer or obey; `failing`: jobs have failed and are tried again, `given_up`: or are not.
    """
    size = keeper.site.processes
    counts = dict.fromkeys(PLACES, 0)
    reasons: dict[tuple[str, str], list[Any]] = {}
    connected = keeper.connected()
    failing = given_up = False
    for name in keeper.cluster.worker_spec:
        missing = size - len(connected.get(name, []))
        if missing <= 0:
            continue
        if slot := keeper.slots.get(name):
            failing |= slot.failures > 0
            given_up |= slot.given_up
        where, text = place(keeper, name)
        counts[where] += missing
        if text:
            # The same reason names another slot, or number of seconds, each time.
            entry = reasons.setdefault((where, re.sub(r"\d+", "#", text)), [0, text])
            entry[0] += missing
    wanted = (keeper.jobs.get(slot.attempt.job_id or "") for slot in keeper.slots.values())
    ends = [job.walltime_end for job in wanted if job and job.walltime_end]
    ranked = sorted(reasons.items(), key=lambda item: (PLACES.index(item[0][0]), -item[1][0]))
    return {
        "requested": size * len(keeper.cluster.worker_spec),
        "walltime_end": min(ends, default=None),
        **counts,
        "reasons": [{"place": where, "workers": count, "text": text} for (where, _), (count, text) in ranked][:REASONS],
        "problem": next(iter(keeper.trouble.values()), None),
        "failing": failing,
        "given_up": given_up,
    }


def jobs(keeper: Keeper) -> list[dict[str, Any]]:
    """All jobs that are remembered, newest first, as `Job` in openapi.yaml."""
    connected = keeper.connected()
    current = {slot.attempt.job_id: name for name, slot in keeper.slots.items()}
    listed = []
    for name, slot in keeper.slots.items():
        attempt = slot.attempt
        if attempt.job_id is None and attempt.failure:
            actions = ["retry", "cancel"]
            listed.append(public(Job("", "failed", attempt.failure, submitted=slot.begun), name, actions=actions))
        elif attempt.job_id and attempt.job_id not in keeper.jobs:
            listed.append(public(Job(attempt.job_id, "queued", submitted=slot.begun), name, actions=["cancel"]))
    for job in keeper.jobs.values():
        wanted = current.get(job.id)
        workers = len(connected[wanted]) if wanted else 0
        if workers and job.state == "queued":
            job = replace(job, state="running", reason=None)  # noqa: PLW2901  # the batch system was asked before it started
        stuck = _place(keeper, wanted)[1] if wanted and job.state == "running" and not workers else None
        if stuck:
            job = replace(job, reason=stuck)  # noqa: PLW2901
        starting = workers < keeper.site.processes
        listed.append(public(job, keeper.owners.get(job.id, ""), workers, starting=starting, actions=_actions(job, wanted, stuck)))
    return sorted(listed, key=lambda job: job["submitted"] or 0, reverse=True)


def public(job: Job, worker: str, workers: int = 0, *, starting: bool = False, actions: list[str] | None = None) -> dict[str, Any]:
    """`Job` in openapi.yaml."""
    return {
        "id": job.id or None,
        "worker": worker,
        "state": "starting" if job.state == "running" and starting else job.state,
        "reason": job.reason,
        "host": job.host,
        "submitted": job.submitted,
        "started": job.started,
        "walltime_end": job.walltime_end,
        "ended": job.ended,
        "exit_code": job.exit_code,
        "workers": workers,
        "actions": actions or [],
    }


def _actions(job: Job, wanted: str | None, stuck: str | None) -> list[str]:
    if wanted is None or job.state == "completing":
        return []
    if job.state == "held":
        return ["release", "retry", "cancel"]
    # A machine that has died can keep a job running in the books for an hour.
    return ["cancel"] if job.active and not stuck else ["retry", "cancel"]


def slot_of(keeper: Keeper, key: str, action: str) -> str:
    """The slot that is meant by a job's id or its worker's name. Unknown, or WrongState if that cannot be done with the job now."""
    found = [job for job in jobs(keeper) if key in (job["id"], job["worker"])]
    if not found:
        raise Unknown("There is no such job.")
    allowed = next((job for job in found if action in job["actions"]), None)
    if allowed is None:
        raise WrongState(f"The job is {found[0]['state']}: there is nothing to {action}.")
    worker: str = allowed["worker"]
    return worker


def dispensable(keeper: Keeper) -> list[str]:
    """The wanted jobs, those first that do least."""
    connected = keeper.connected()

    def rank(name: str) -> tuple[int, int, int]:
        workers = connected.get(name, [])
        if not workers:
            return PLACES.index(place(keeper, name)[0]) - len(PLACES), 0, 0
        return 0, sum(len(worker.processing) for worker in workers), sum(worker.nbytes for worker in workers)

    newest_first = list(keeper.cluster.worker_spec)[::-1]
    return sorted(newest_first, key=rank)
