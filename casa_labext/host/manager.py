"""The Dask cluster manager, in a thread and event loop of its own.

A manager may block its loop for ever, and a scheduler may keep it busy for seconds. The control API must answer all the same, so it
lives in another loop, and every call from there has a deadline.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from ..kinds import load
from . import observe, versions
from .errors import DeadlineExceeded, Unknown, WrongState, describe
from .record import Record, Size

T = TypeVar("T")

#: Workers that are asked for their versions at the same time.
ASKED_AT_ONCE = 50

logger = logging.getLogger(__name__)


class Manager:
    """The thread, its loop and the cluster in it. All coroutines here run in that loop, through `call`."""

    def __init__(self, record: Record, directory: Path, workers_changed: Callable[[], object]) -> None:
        """`workers_changed` is called, in the manager's thread, when workers come or go."""
        self._record = record
        self._workers_changed = workers_changed
        self._directory = directory
        self._kind = load(record.reference)
        self._made: Any = None
        self._making: asyncio.Task[Any] | None = None
        self._kernel: versions.Versions = {}
        self._scheduler: versions.Versions = {}
        #: By address; None for a worker that did not answer.
        self._workers: dict[str, versions.Versions | None] = {}
        self._warnings: list[str] = []
        #: When each connected worker was seen first, seconds since the epoch, by address.
        self._seen: dict[str, float] = {}
        self._same_python = True
        self._comparing: asyncio.Task[None] | None = None
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, name="manager", daemon=True).start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def call(self, function: Callable[..., Coroutine[Any, Any, T]], *args: Any, deadline: float) -> T:
        """Run a coroutine in the manager's loop; DeadlineExceeded after `deadline` seconds."""
        future = asyncio.run_coroutine_threadsafe(function(*args), self._loop)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), deadline)
        except asyncio.TimeoutError:
            raise DeadlineExceeded(f"It was not done within {deadline:g} s.") from None

    @property
    def _cluster(self) -> Any:
        """The cluster manager; WrongState if there is none yet."""
        if self._made is None:
            raise WrongState("There is no scheduler yet.")
        return self._made

    async def make(self) -> None:
        """Make the cluster manager and its scheduler."""
        self._making = asyncio.current_task()
        self._made = await self._kind.make(self._record, self._directory)
        await self._learn()
        self._listen()

    def _listen(self) -> None:
        """Hear of workers at once where the scheduler is in this process; elsewhere it is asked from time to time."""
        from distributed import SchedulerPlugin

        class Listener(SchedulerPlugin):  # type: ignore[misc]
            name = "casa_labext"

            def add_worker(_, *args: Any, **kwargs: Any) -> None:
                self._workers_changed()

            def remove_worker(_, *args: Any, **kwargs: Any) -> None:
                self._workers_changed()

        if scheduler := self._scheduler_here():
            scheduler.add_plugin(Listener())

    async def scale(self, size: Size) -> None:
        """Ask for workers."""
        await self._kind.scale(self._cluster, size)

    async def close(self, deadline: float) -> None:
        """Close what there is of the cluster."""
        if self._making and not self._making.done():
            # The kind takes back what it has begun; what goes wrong then is told.
            self._making.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._making
        if self._made is not None:
            await self._kind.close(self._made, deadline)

    async def jobs(self) -> list[dict[str, Any]]:
        """The jobs, as `Job` in openapi.yaml."""
        return await self._kind.jobs(self._made) if self._made is not None else []

    async def act(self, job: str, action: str) -> None:
        """Cancel, release or retry a job."""
        await self._kind.act(self._cluster, job, action)

    async def submitted(self) -> str | None:
        """What was submitted for the latest job."""
        return await self._kind.submitted(self._cluster)

    async def summary(self) -> dict[str, Any]:
        """What observe.summary has, the number of `planned` workers, the scheduler's `address` and the kind's `report`."""
        from distributed.system import MEMORY_LIMIT

        summary: dict[str, Any] = await self._ask(observe.summary)
        if self._kind.only_processes:
            # The limits of workers on one machine may add up to more than it has.
            summary["memory"]["limit"] = min(summary["memory"]["limit"], MEMORY_LIMIT)
        plan = getattr(self._cluster, "plan", None)
        summary["planned"] = len(plan) if plan is not None else summary["running"]
        summary["address"] = self._cluster.scheduler_address
        if not _local(summary["address"]):
            summary["dashboard_port"] = None  # the port of another machine
        summary["dashboard_port"] = self._kind.dashboard_port(self._cluster) or summary["dashboard_port"]
        summary["dashboard"] = self._kind.dashboard(self._cluster)
        summary["report"] = self._kind.report(self._cluster)
        if self._comparing is None or self._comparing.done():
            if self._comparing and (error := self._comparing.exception()):
                logger.info("The versions of workers are not known: %s", describe(error))
            self._comparing = asyncio.create_task(self._compare())
        summary["warnings"] = self._warnings
        return summary

    async def extend(self) -> None:
        """Let the time begin anew after which an idle scheduler closes."""
        await self._ask(observe.extend)

    async def _learn(self) -> None:
        """What is installed in this environment, which is the kernel's, and where the scheduler runs."""
        from distributed.versions import get_versions

        answer = await self._cluster.scheduler_comm.versions(packages=versions.PACKAGES)
        self._kernel, self._scheduler = get_versions(versions.PACKAGES)["packages"], answer["packages"]
        self._same_python = versions.same_python(self._kernel, self._scheduler)

    async def _compare(self) -> None:
        """Ask each worker once what it has, and note what differs. One that cannot be reached from the scheduler takes long."""
        there = set(await self._addresses())
        self._seen = {address: self._seen.get(address) or time.time() for address in there}
        new = sorted(there - self._workers.keys())[:ASKED_AT_ONCE]
        self._workers = {address: found for address, found in self._workers.items() if address in there}
        if new:
            message = {"op": "versions", "packages": versions.PACKAGES}
            answers = await self._cluster.scheduler_comm.broadcast(msg=message, workers=new, on_error="ignore")
            self._workers |= {address: answers.get(address, {}).get("packages") for address in new}
        self._warnings = versions.mismatches(self._kernel, self._scheduler, [found for found in self._workers.values() if found])

    async def _addresses(self) -> list[str]:
        scheduler = self._scheduler_here()
        return list(scheduler.workers if scheduler else await self._cluster.scheduler_comm.ncores())

    async def workers(self) -> list[dict[str, Any]]:
        """The connected workers."""
        workers: list[dict[str, Any]] = await self._ask(observe.workers)
        return [{**worker, "since": self._seen.setdefault(worker["address"], time.time())} for worker in workers]

    async def act_on_worker(self, address: str, action: str) -> None:
        """Restart a worker, or let it end when its data are elsewhere."""
        if address not in await self._addresses():
            raise Unknown("There is no such worker.")
        if action == "restart":
            arguments = {"workers": [address], "wait_for_workers": False, "stimulus_id": f"casa-labext-{time.time()}"}
            await self._cluster.scheduler_comm.restart_workers(**arguments)
        elif self._kind.only_processes and not self._kind.attached:
            await self._cluster.scheduler_comm.retire_workers(workers=[address], close_workers=True, remove=True)
        else:
            raise WrongState("Cancel its job, or scale the cluster.")

    async def logs(self, source: str, worker: str | None) -> list[dict[str, str]]:
        """Dask's logs of the scheduler or the workers, or one of them; latest lines last."""
        if source == "scheduler":
            logs = {"Scheduler": await self._cluster.scheduler_comm.get_logs()}
        elif worker and worker not in await self._addresses():
            raise Unknown("There is no such worker.")  # the scheduler would connect to it
        else:
            logs = await self._cluster.scheduler_comm.worker_logs(workers=[worker] if worker else None)
        # The scheduler answers with the latest line first, and with the error's text for a worker that did not answer.
        return [
            {"name": name, "text": "\n".join(line for _, line in reversed(lines)) if isinstance(lines, (list, tuple)) else str(lines)}
            for name, lines in logs.items()
        ]

    async def _ask(self, function: Callable[[Any], T]) -> T:
        """Call a function with the scheduler, here or in the scheduler's own process."""
        if scheduler := self._scheduler_here():
            return function(scheduler)
        if not self._same_python:
            # Another Python cannot run what this one pickles.
            return function(observe.identified(await self._cluster.scheduler_comm.identity()))

        import cloudpickle

        cloudpickle.register_pickle_by_value(observe)
        answer = await self._cluster.scheduler_comm.run_function(function=cloudpickle.dumps(function))
        if answer["status"] != "OK":
            raise RuntimeError(answer.get("text") or "The scheduler refused to tell its state.")
        return answer["result"]  # type: ignore[no-any-return]

    async def exists(self) -> bool:
        """Whether there still is a cluster, though its scheduler does not answer."""
        return await self._kind.exists(self._cluster)

    async def alive(self) -> bool:
        """Whether the scheduler is there: a client may have shut it down."""
        from distributed import Status

        scheduler = self._scheduler_here()
        return scheduler is None or scheduler.status == Status.running

    def _scheduler_here(self) -> Any:
        """The scheduler if it is in this process, else None."""
        from distributed import Scheduler

        scheduler = getattr(self._cluster, "scheduler", None)
        return scheduler if isinstance(scheduler, Scheduler) else None


@cache
def _local(address: str) -> bool:
    """Whether an address is one of this machine: one can listen there."""
    host = address.partition("://")[2].rpartition(":")[0].strip("[]")
    try:
        socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except OSError:
        return False
    return True
