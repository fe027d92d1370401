"""The life of one cluster: starting, running or degraded, closing, closed; or failed, or close_failed."""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tornado.locks import Condition

from ..kinds import load
from . import progress
from .errors import ClusterError, DeadlineExceeded, WrongState, describe
from .history import History
from .manager import Manager
from .processes import end
from .record import Record, Size, write_json

#: The file with the state in which a host ended.
FINAL_FILE = "final.json"
#: The file with what it has been through.
HISTORY_FILE = "history.json"
#: Seconds between two looks at the scheduler, and at least so many when workers come and go.
INTERVAL = 0.5
SOONEST = 0.1
#: The part of all cores, and of the memory that is used, by which a figure must change to be told.
NOISE = 0.05
#: Seconds that a scheduler may take to tell its state before the cluster counts as degraded. A large graph keeps one busy for seconds.
PATIENCE = 10.0
#: Seconds after which somebody else's scheduler that does not answer counts as gone.
ATTACHED_PATIENCE = 25.0
#: Seconds that a failed cluster has for closing its manager; its processes are ended afterwards in any case.
PATIENCE_IF_FAILED = 5.0
#: Seconds that a batch system's manager gets to say what is left when the time for closing is over.
CLOSE_MARGIN = 5.0

logger = logging.getLogger(__name__)


class Lifecycle:
    """One cluster from start to end. Lives in the control loop; `told` is what the server hears of its `status`."""

    def __init__(self, record: Record, directory: Path) -> None:
        self._record = record
        self._directory = directory
        self._kind = load(record.reference)
        #: Whether it has the size that it was found with.
        self._joined = self._kind.joins(record)
        self._close_requested = asyncio.Event()
        #: Set when there is something to see at the scheduler.
        self._look = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._manager = Manager(record, directory, lambda: loop.call_soon_threadsafe(self._look.set))
        self._unwatched_since: float | None = time.monotonic()
        self._changed = Condition()
        self._version = 0
        self.history = History()
        self.status: dict[str, Any] = {
            "state": "starting",
            "reason": None,
            "hint": None,
            "activity": "Starting the scheduler",
            "since": record.created,
            "size": record.size,
            **nothing(record.size),
        }

    async def run(self) -> None:
        """From start to end. Afterwards nothing of the cluster is left in this process but the manager's thread."""
        starting = asyncio.create_task(self._start())
        closing = asyncio.create_task(self._close_requested.wait())
        await asyncio.wait({starting, closing}, return_when=asyncio.FIRST_COMPLETED)
        try:
            if starting.done():
                starting.result()
                await self._watch()
            starting.cancel()
        except _Idle as end:
            logger.info("Closing: %s", end)
            await self._end("closed", end)
        except Exception as error:
            logger.error("The cluster failed", exc_info=error)
            await self._end("failed", error)
        else:
            await self._end("closed", None)
        finally:
            closing.cancel()

    async def _start(self) -> None:
        timeouts = self._record.timeouts
        loop = asyncio.get_running_loop()
        progress.listen(lambda text: loop.call_soon_threadsafe(lambda: self._update(activity=text)))
        try:
            await self._manager.call(self._manager.make, deadline=timeouts.start)
        except DeadlineExceeded as error:
            raise DeadlineExceeded(error.message, hint=f"It came as far as: {self.status['activity']}") from None
        if not self._joined:
            await self._manager.call(self._manager.scale, self._record.size, deadline=timeouts.scale)

    async def _watch(self) -> None:
        """Look at the scheduler until the cluster is to be closed."""
        answered = time.monotonic()
        while not self._close_requested.is_set():
            try:
                if not await self._manager.call(self._manager.alive, deadline=PATIENCE):
                    raise _SchedulerGone
                summary = await self._manager.call(self._manager.summary, deadline=PATIENCE)
            except _SchedulerGone:
                self._check_idle()
                raise ClusterError("The scheduler has stopped. A client may have shut it down.") from None
            except Exception as error:
                logger.warning("The scheduler does not answer", exc_info=error)
                self._enter("degraded", reason=f"The scheduler does not answer: {describe(error)}")
                if not await self._exists():
                    self._check_idle()
                    raise ClusterError("The cluster is gone: it was stopped elsewhere.") from None
                if self._kind.attached and time.monotonic() - answered > ATTACHED_PATIENCE:
                    self._check_idle()
                    raise ClusterError("The scheduler has gone.") from None
            else:
                answered = time.monotonic()
                self._tell(summary)
            if self._orphaned():
                logger.warning("No Jupyter server has come back: closing")
                break
            await asyncio.sleep(SOONEST)
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._look.wait(), INTERVAL - SOONEST)
            self._look.clear()

    def _check_idle(self) -> None:
        """Of a scheduler that has gone: raise _Idle if its time was over."""
        idle = self.status["idle"]
        if idle and time.time() >= idle["until"]:
            minutes = (idle["until"] - idle["since"]) / 60
            raise _Idle(f"It had nothing to do for {f'{minutes:.0f} min' if minutes >= 1 else f'{minutes * 60:.0f} s'}.")

    async def _exists(self) -> bool:
        try:
            return await self._manager.call(self._manager.exists, deadline=PATIENCE)
        except Exception as error:
            logger.warning("Whether the cluster exists is not known: %s", describe(error))
            return True

    async def _end(self, state: str, error: Exception | None) -> None:
        """Close the manager and end every process of the cluster."""
        reason = describe(error) if error else None
        hint = getattr(error, "hint", None)
        if isinstance(error, ModuleNotFoundError):
            hint = f"Install it in the environment of {self._record.python}."
        self._enter("closing", reason=reason, activity="Closing")
        try:
            timeout = self._record.timeouts.close
            if error and not self._kind.has_jobs:
                timeout = min(timeout, PATIENCE_IF_FAILED)
            margin = CLOSE_MARGIN if self._kind.has_jobs else 0
            await self._manager.call(self._manager.close, timeout, deadline=timeout + margin)
        except Exception as close_error:
            logger.warning("Closing the cluster manager failed", exc_info=close_error)
            # A manager that failed to start may not be able to close: why it failed is what the user has to know.
            # Nor can one whose scheduler has closed by itself; what jobs are left is another matter.
            if state == "closed" and not self._kind.only_processes and (self._kind.has_jobs or not error):
                state = "close_failed"
                reason = f"Closing failed: {describe(close_error)}"
                hint = "Its processes here were ended. What it started elsewhere may be left."
        await asyncio.to_thread(end, self._record.id)
        self.history.note(self.status, {**self.status, "state": state, "reason": reason})
        write_json(self._directory / HISTORY_FILE, self.history.told())
        # Not pushed: the server reads it when this process is gone, and then nothing of the cluster is left.
        write_json(self._directory / FINAL_FILE, {"state": state, "reason": reason, "hint": hint, "since": time.time()})

    async def scale(self, size: Size) -> None:
        """Ask for another size. WrongState unless the cluster runs, ClusterError if the manager cannot."""
        if self.status["state"] not in ("running", "degraded"):
            raise WrongState(f"The cluster is {self.status['state']}: it cannot be scaled.")
        try:
            await self._manager.call(self._manager.scale, size, deadline=self._record.timeouts.scale)
        except Exception as error:
            logger.warning("Scaling failed", exc_info=error)
            raise ClusterError(f"Scaling failed: {describe(error)}") from error
        self._joined = False
        self._update(size=size)

    async def extend(self) -> None:
        """Let the time begin anew after which an idle cluster closes. WrongState if none is running."""
        if not self.status["idle"]:
            raise WrongState("The cluster does not close by itself now.")
        if not await self._manager.call(self._manager.alive, deadline=PATIENCE):
            raise WrongState("The scheduler has closed already.")
        await self._manager.call(self._manager.extend, deadline=PATIENCE)
        self._tell(await self._manager.call(self._manager.summary, deadline=PATIENCE))

    async def act(self, job: str, action: str) -> None:
        """Cancel, release or retry a job."""
        await self._manager.call(self._manager.act, job, action, deadline=self._record.timeouts.scale)
        if action == "cancel":
            summary = await self._manager.call(self._manager.summary, deadline=PATIENCE)
            self._update(size={"workers": summary["report"]["requested"]})

    async def jobs(self) -> list[dict[str, Any]]:
        """The jobs."""
        return await self._manager.call(self._manager.jobs, deadline=PATIENCE)

    async def submitted(self) -> str | None:
        """What was submitted for the latest job."""
        return await self._manager.call(self._manager.submitted, deadline=PATIENCE)

    def close(self) -> None:
        """Close the cluster, soon."""
        self._enter("closing", reason=self.status["reason"], activity="Closing")
        self._close_requested.set()
        self._look.set()

    async def workers(self) -> list[dict[str, Any]]:
        """The connected workers."""
        return await self._manager.call(self._manager.workers, deadline=PATIENCE)

    async def act_on_worker(self, address: str, action: str) -> None:
        """Restart or retire a worker; a fixed size becomes smaller by one that retires."""
        await self._manager.call(self._manager.act_on_worker, address, action, deadline=self._record.timeouts.scale)
        size = self.status["size"]
        if action == "retire" and "workers" in size:
            await self.scale({"workers": max(0, size["workers"] - 1)})

    async def logs(self, source: str, worker: str | None) -> list[dict[str, str]]:
        """Dask's logs of `scheduler` or `workers`, or of one worker."""
        return await self._manager.call(self._manager.logs, source, worker, deadline=PATIENCE)

    def watched(self, by_server: bool) -> None:
        """Note whether a server is connected: without one the cluster closes itself some day."""
        self._unwatched_since = None if by_server else time.monotonic()

    def _orphaned(self) -> bool:
        timeouts = self._record.timeouts
        timeout = timeouts.keep if self._record.keep else timeouts.orphan
        return self._unwatched_since is not None and time.monotonic() - self._unwatched_since > timeout

    def told(self) -> dict[str, Any]:
        """The status with its version, which is larger for each that is newer."""
        return {"version": self._version, **self.status}

    async def changed(self, version: int) -> int:
        """Wait until the status is another than that of a version; its version."""
        if self._version == version:
            await self._changed.wait()
        return self._version

    def _tell(self, summary: dict[str, Any]) -> None:
        """Take over what the manager says: `degraded` if workers are missing that will not come by themselves."""
        size = {"workers": summary["planned"]} if self._joined else self.status["size"]
        counts = self._counts(summary, size)
        words: dict[str, Any] = {}
        if "minimum" in size:
            tasks = summary["tasks"]["processing"] + summary["tasks"]["waiting"]
            why = f"{tasks} tasks to run" if tasks else "nothing to run"
            wanted = counts["workers"]["requested"]
            words["activity"] = f"Adaptive scaling wants {wanted} {'worker' if wanted == 1 else 'workers'}: {why}"
        report = summary["report"] or {"problem": None, "reasons": [], "failing": False, "given_up": False}
        if report["given_up"]:
            words["hint"] = "No other attempt is made. Mend the cause, then retry the jobs or scale."
        if report["problem"]:
            words["reason"] = report["problem"]
        elif report["reasons"]:
            first = report["reasons"][0]
            words["reason"] = f"{first['workers']} {first['place']}: {first['text']}"
        self.history.sample(counts, summary)
        workers = counts["workers"]
        missing = report["problem"] or report["failing"] or workers["held"] or workers["failed"] or workers["lost"]
        self._enter("degraded" if missing else "running", **words, **counts)

    def _counts(self, summary: dict[str, Any], size: Size) -> dict[str, Any]:
        counts = nothing(size)
        running, report = summary["running"], summary["report"]
        if report:
            counts["reasons"] = report["reasons"]
            counts["workers"] = {place: report.get(place, running) for place in counts["workers"]}
        else:
            requested = size.get("workers", summary["planned"])
            counts["workers"].update(requested=requested, running=running, starting=max(0, requested - running))
        memory, told = summary["memory"], self.status
        counts.update(
            size=size,
            cores=summary["cores"],
            cpu=_news(round(summary["cpu"], 2), told["cpu"], summary["cores"]),
            memory={"used": _news(memory["used"], told["memory"]["used"], memory["used"]), "limit": memory["limit"]},
            tasks=summary["tasks"],
            idle=summary["idle"],
            walltime_end=(report or {}).get("walltime_end"),
            warnings=summary["warnings"],
            scheduler={name: summary[name] for name in ("address", "dashboard_port", "dashboard")},
        )
        return counts

    def _enter(self, state: str, **values: Any) -> None:
        if self._close_requested.is_set() and state in ("running", "degraded"):
            return
        since = {} if state == self.status["state"] else {"since": time.time()}
        if since:
            logger.info("%s%s", state, f": {values['reason']}" if values.get("reason") else "")
        self._update(**{"reason": None, "hint": None, "activity": None, "state": state, **since, **values})

    def _update(self, **values: Any) -> None:
        status = {**self.status, **values}
        if status != self.status:
            self.history.note(self.status, status)
            self.status = status
            self._version += 1
            self._changed.notify_all()


class _SchedulerGone(Exception):
    pass


class _Idle(ClusterError):
    """The scheduler has closed since it had nothing to do, as dask's configuration says: no failure."""


def nothing(size: Size) -> dict[str, Any]:
    """The numbers of a cluster without a scheduler."""
    requested = size.get("workers", size.get("minimum", 0))
    states = ("running", "starting", "queued", "held", "failed", "lost")
    return {
        "workers": {"requested": requested, **dict.fromkeys(states, 0)},
        "reasons": [],
        "warnings": [],
        "cores": 0,
        "cpu": 0.0,
        "memory": {"used": 0, "limit": 0},
        "tasks": {"processing": 0, "waiting": 0, "erred": 0},
        "idle": None,
        "walltime_end": None,
        "scheduler": None,
    }


def _news(value: float, told: float, whole: float) -> float:
    """A figure, or what was told of it before if it is nearly the same: the noise of an idle worker is no news."""
    return value if abs(value - told) > NOISE * whole else told
