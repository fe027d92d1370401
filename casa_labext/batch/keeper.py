"""Keeps as many jobs in the batch system as there are wanted, and knows where each wanted worker is.

It works in rounds: it asks the batch system about all jobs of the cluster, cancels those that nobody wants, and replaces those that
have failed, after a while and a few times. Between rounds it reports what it knows.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..host.errors import ClusterError, describe
from .job import Job

if TYPE_CHECKING:
    from .cluster import MendedJob, Site

#: Seconds between two rounds while something changes; they grow to the second value when nothing does.
INTERVAL = 2.0
LONGEST_INTERVAL = 8.0
#: Seconds to wait before a failed job is replaced: after the first failure in a row, the second, … After the last one it is given up.
BACK_OFF = (2.0, 8.0, 30.0)
#: Seconds after its workers have connected in which a job's end counts as a failure. Later it is a walltime, say.
PROVED = 60.0
#: Seconds that a batch system may need to list a job that it has just taken.
GRACE = 5.0
#: Seconds that a job waits before the batch system is asked why, and between two such questions: they are costly.
EXPLAIN_AFTER = 3.0
EXPLAIN_INTERVAL = 60.0
#: Jobs that are remembered.
REMEMBERED = 5000

logger = logging.getLogger(__name__)


@dataclass
class Slot:
    """A wanted job, through all attempts to have it."""

    attempt: MendedJob
    #: When it was submitted, in seconds since the epoch; the other times are on the monotonic clock.
    begun: float
    #: Failures in a row, the reason of the last one, and when the next attempt is due.
    failures: int = 0
    cause: str = ""
    due: float | None = None
    #: When all its workers were connected first, in this attempt.
    connected: float | None = None

    @property
    def given_up(self) -> bool:
        """Whether no other attempt will be made."""
        return self.failures > len(BACK_OFF)


class Keeper:
    """The jobs of one cluster. Lives in the manager's loop."""

    def __init__(self, cluster: Any, site: Site, submissions: asyncio.Semaphore) -> None:
        self.cluster = cluster
        self.site = site
        self.submissions = submissions
        self.slots: dict[str, Slot] = {}
        #: All jobs, as the batch system had them last, and whose they are or were.
        self.jobs: dict[str, Job] = {}
        self.owners: dict[str, str] = {}
        self._unlisted: dict[str, float] = {}
        self.explanation: str | None = None
        self._explained = -EXPLAIN_INTERVAL
        #: Why the batch system does not answer or obey.
        self.trouble: dict[str, str] = {}
        self._awake = asyncio.Event()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.stopped = False

    # What the cluster tells

    def noted(self, attempt: MendedJob, job_id: str) -> None:
        """The batch system has taken a job."""
        self.owners[job_id] = attempt.name

    def begins(self, attempt: MendedJob) -> None:
        """A job is being submitted."""
        slot = self.slots.setdefault(attempt.name, Slot(attempt, 0.0))
        slot.attempt, slot.begun, slot.due, slot.connected = attempt, time.time(), None, None
        self._start("rounds", self._rounds)

    def ends(self, attempt: MendedJob) -> None:
        """A job is no longer wanted, or has been replaced."""
        slot = self.slots.get(attempt.name)
        if slot and slot.attempt is attempt:
            del self.slots[attempt.name]
        self.wake()

    def wake(self) -> None:
        """Something has changed: look soon."""
        self._awake.set()

    def forgive(self) -> None:
        """Try again what was given up: it has been asked for anew."""
        for slot in self.slots.values():
            slot.failures = 0
            if slot.due is not None:
                slot.due = 0.0
        self.wake()

    def retry(self, name: str) -> None:
        """Replace a job now, whatever it does."""
        self.slots[name].failures = 0
        self._resubmit([name])

    def stop(self) -> None:
        """Keep no more."""
        self.stopped = True
        for task in self._tasks.values():
            task.cancel()

    # Rounds

    async def _rounds(self) -> None:
        interval, before = INTERVAL, None
        while True:
            self._awake.clear()
            started = time.monotonic()
            try:
                await self._round()
            except Exception as error:
                # Not a traceback each time that the batch system does not answer.
                logger.warning("Looking for jobs failed: %s", describe(error), exc_info=not isinstance(error, ClusterError))
                self.trouble["round"] = describe(error)
            else:
                self.trouble.pop("round", None)
            now = (self.jobs.copy(), len(self.slots))
            interval = INTERVAL if now != before else min(2 * interval, LONGEST_INTERVAL)
            before = now
            await asyncio.sleep(max(0.0, started + INTERVAL - time.monotonic()))
            due = min((slot.due for slot in self.slots.values() if slot.due is not None), default=float("inf"))
            timeout = min(started + interval, max(due, 0.0)) - time.monotonic()
            try:
                await asyncio.wait_for(self._awake.wait(), max(0.0, timeout))
            except asyncio.TimeoutError:
                pass

    async def _round(self) -> None:
        try:
            unwanted = await self._look()
        finally:
            self._replace()  # a submission can be tried again without an answer, too
        if unwanted:
            self._start("cancel", self._cancel, unwanted)
        else:
            self.trouble.pop("cancel", None)
        wanted = self.wanted()
        waiting = [job for job in self.jobs.values() if job.state == "queued" and job.started is None and job.id in wanted]
        if not waiting:
            self.explanation = None
            self._explained = -EXPLAIN_INTERVAL
        elif time.monotonic() - self._explained > EXPLAIN_INTERVAL:
            oldest = min(waiting, key=lambda job: job.submitted or 0)
            if time.time() - (oldest.submitted or 0) > EXPLAIN_AFTER:
                self._start("explain", self._explain, oldest)

    async def _look(self) -> list[str]:
        """Ask about all jobs; the ids of those that are there and not wanted."""
        unclear = [job_id for job_id in self.owners if job_id not in self.jobs or self.jobs[job_id].active]
        if not unclear and not self.slots:
            return []
        submitting = self._submitting_now()
        found = {job.id: job for job in await self.site.system.jobs(self.site.job_name, unclear)}
        submitting = submitting or self._submitting_now()
        now = time.monotonic()
        for job_id in found:
            self._unlisted.pop(job_id, None)
        missing = [job_id for job_id in unclear if job_id not in found]
        for job_id in missing:
            self._unlisted.setdefault(job_id, now)
        if missing:
            found.update({job.id: job for job in await self._ended(missing)})
        for job_id in missing:
            if job_id not in found and now - self._unlisted[job_id] > GRACE:
                before = self.jobs.get(job_id, Job(job_id, "gone"))
                found[job_id] = replace(before, state="gone", reason=f"No longer in {self.site.system.title}", ended=time.time())
        self.jobs.update(found)
        self._forget()
        wanted = self.wanted()
        # A job that is not noted may be one whose submission has not returned yet.
        known = self.owners.keys() if submitting else found.keys()
        return [job.id for job in found.values() if job.state in ("queued", "running", "held") and job.id not in wanted and job.id in known]

    async def _ended(self, ids: list[str]) -> list[Job]:
        try:
            return await self.site.system.ended(ids)
        except ClusterError as error:
            logger.info("The history of jobs cannot be read: %s", error.message)
            return []

    def _submitting_now(self) -> bool:
        return any(slot.attempt.job_id is None and slot.attempt.failure is None for slot in self.slots.values())

    def wanted(self) -> set[str]:
        """The ids of the jobs that are wanted."""
        return {slot.attempt.job_id for slot in self.slots.values() if slot.attempt.job_id}

    def _forget(self) -> None:
        over = [job_id for job_id, job in self.jobs.items() if not job.active]
        for job_id in over[: max(0, len(self.jobs) - REMEMBERED)]:
            del self.jobs[job_id]
            self.owners.pop(job_id, None)

    def _replace(self) -> None:
        """Note what has failed, and make the attempts that are due."""
        now = time.monotonic()
        connected = self.connected()
        for name in self.slots.keys() - self.cluster.worker_spec.keys() - self.cluster.workers.keys():
            del self.slots[name]  # given up between two attempts
        for name, slot in self.slots.items():
            job = self.jobs.get(slot.attempt.job_id or "")
            if job and job.state == "queued":
                slot.connected = None  # vacated: it will start again
            if len(connected[name]) >= self.site.processes and slot.connected is None:
                slot.connected = now
            proved = slot.connected is not None and now - slot.connected > PROVED
            if proved:
                slot.failures = 0
            cause = self.failure(slot.attempt)
            if cause is None:
                slot.due = None
            elif slot.due is None:
                slot.failures += not proved
                slot.cause = cause
                slot.due = float("inf") if slot.given_up else now + (BACK_OFF[slot.failures - 1] if slot.failures else 0)
                logger.warning("The job of %s has failed (%d in a row): %s", name, slot.failures, cause)
        self._resubmit([name for name, slot in self.slots.items() if slot.due is not None and slot.due <= now])

    def _resubmit(self, names: list[str]) -> None:
        for name in names:
            if name in self.cluster.worker_spec:
                self.cluster.workers.pop(name, None)
                self.slots[name].due = time.monotonic() + GRACE  # if the next attempt does not begin
        if names:
            self.cluster._correct_state()

    def connected(self) -> dict[str, list[Any]]:
        """The scheduler's workers of each slot."""
        workers: dict[str, list[Any]] = {name: [] for name in self.slots}
        for worker in self.cluster.scheduler.workers.values():
            if owner := self.owner(str(worker.name)):
                workers[owner].append(worker)
        return workers

    def owner(self, worker: str) -> str | None:
        """The slot of a worker, by its name."""
        if worker in self.slots:
            return worker
        if self.site.worker_alias:
            aliases = {self.site.worker_alias.format(slot.attempt.job_id): name for name, slot in self.slots.items()}
            if worker in aliases:
                return aliases[worker]
        job = worker.rpartition("-")[0]  # of several workers of a job
        return job if job in self.slots else None

    def failure(self, attempt: MendedJob) -> str | None:
        """Why another job is needed instead of this one."""
        if attempt.failure:
            return attempt.failure
        job = self.jobs.get(attempt.job_id or "")
        if job and (job.state in ("failed", "gone") or (job.state == "held" and not job.deliberate)):
            return job.reason or job.state
        return None

    async def _cancel(self, ids: list[str]) -> None:
        try:
            await self.site.system.cancel(ids, deadline=self.site.deadline)
        except ClusterError as error:
            self.trouble["cancel"] = error.message
        self.wake()

    async def _explain(self, job: Job) -> None:
        self._explained = time.monotonic()
        try:
            self.explanation = await self.site.system.explain(job)
        except ClusterError as error:
            logger.info("No explanation for job %s: %s", job.id, error.message)

    def _start(self, name: str, function: Any, *args: Any) -> None:
        """Run something in the background, unless it runs already."""
        if self.stopped:
            return
        if name not in self._tasks or self._tasks[name].done():
            self._tasks[name] = asyncio.create_task(function(*args), name=name)
