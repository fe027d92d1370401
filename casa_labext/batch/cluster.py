"""dask-jobqueue's cluster classes, mended. Imported in hosts only.

As they are, a failed submission is a line in a log and a worker that is never asked for again, a command may hang for ever, a failed
cancellation is passed over in silence, and a job whose worker was lost is ended and not replaced. Here a job submits itself, with a
deadline, and notes its id; which jobs there are to be, and are not to be, is the Keeper's business.
"""

from __future__ import annotations

import asyncio
import math
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dask_jobqueue.core import Job, JobQueueCluster
from distributed import Status
from distributed.deploy import Cluster
from distributed.deploy.adaptive import Adaptive
from distributed.deploy.spec import ProcessInterface

from ..host.errors import ClusterError, describe
from . import ledger, report
from .commands import run
from .keeper import Keeper
from .system import BatchSystem

#: Submissions that run at the same time: each is a process here and a connection there.
SUBMISSIONS = 8
#: Seconds that workers have to hand over their data before their jobs are cancelled.
RETIRE_DEADLINE = 10.0
#: Seconds for the scheduler to close.
SCHEDULER_DEADLINE = 5.0


@dataclass(frozen=True)
class Site:
    """Where the jobs of a cluster are submitted."""

    system: BatchSystem
    #: The name of all jobs of the cluster.
    job_name: str
    #: The cluster's directory, where their ids are noted.
    directory: Path
    #: The folder in which jobs are submitted; None for the current one.
    cwd: Path | None
    #: Seconds that one command may take.
    deadline: float
    #: Worker processes of a job.
    processes: int
    #: Where the files of the cluster's certificate are for a worker; None if they are where they are here.
    certificates: str | None
    #: What workers call themselves whatever they are told, with the job's id.
    worker_alias: str | None = None


class MendedJob(Job):
    """What comes before a Job class of dask-jobqueue. Its `start` never fails: `failure` says why nothing was submitted."""

    site: Site
    keeper: Keeper
    name: str
    job_id: str | None
    #: What was submitted.
    text: str | None = None
    failure: str | None = None

    async def start(self) -> None:
        """Submit the job."""
        self.keeper.begins(self)
        try:
            await super().start()
        except Exception as error:
            self.failure = describe(error)
        self.status = Status.running  # distributed insists on it
        self.keeper.wake()

    async def _submit_job(self, script_filename: str) -> str:
        self.text = self.job_script()
        async with self.keeper.submissions:
            if self.keeper.stopped:
                raise ClusterError("The cluster closes.")
            command = shlex.split(self.submit_command)
            return await self._call([*command, script_filename], cwd=self.site.cwd)

    @classmethod
    async def _call(cls, cmd: list[str], *, cwd: Path | None = None, **kwargs: Any) -> str:
        return await run(cmd, deadline=cls.site.deadline, cwd=cwd)

    def _job_id_from_submit_output(self, out: str) -> str:
        job_id: str = super()._job_id_from_submit_output(out)
        ledger.add(self.site.directory, job_id)
        self.keeper.noted(self, job_id)
        return job_id

    async def close(self) -> None:
        """Nobody wants it any more: the keeper cancels such jobs."""
        self.keeper.ends(self)
        await ProcessInterface.close(self)


class MendedCluster(JobQueueCluster):
    """What comes before a cluster class of dask-jobqueue."""

    site: Site
    job_cls: type[MendedJob]

    def __init__(self, **kwargs: Any) -> None:
        self.keeper = self.job_cls.keeper = Keeper(self, self.site, asyncio.Semaphore(SUBMISSIONS))
        super().__init__(**kwargs)

    def _get_worker_security(self, security: Any) -> Any:
        if security is None:
            return None

        def there(path: str) -> str:
            return f"{self.site.certificates}/{Path(path).name}" if self.site.certificates else path

        # Only the worker's command line is made of it; it must name a key, which may be in the certificate's file.
        return type(security)(
            require_encryption=True,
            tls_ca_file=there(security.tls_ca_file),
            tls_worker_cert=there(security.tls_worker_cert),
            tls_worker_key=there(security.tls_worker_key or security.tls_worker_cert),
        )

    def _update_worker_status(self, op: str, msg: Any) -> None:
        # SpecCluster's own would end the job of a lost worker after a while: it may be about to start again.
        Cluster._update_worker_status(self, op, msg)
        self.keeper.wake()

    async def scale_down(self, workers: list[str]) -> None:
        """Want the jobs of some workers no more; of adaptive scaling."""
        await super().scale_down([self.keeper.owner(worker) or worker for worker in workers])

    async def resize(self, jobs: int) -> None:
        """Have so many jobs. Those that are given up are the ones that do least; their workers hand over their data."""
        names = report.dispensable(self.keeper)[: max(0, len(self.worker_spec) - jobs)]
        if names:
            await self.give_up(names)
        else:
            self.scale(jobs=jobs)

    async def give_up(self, names: list[str]) -> None:
        """Want some jobs no more."""
        connected = self.keeper.connected()
        workers = [worker.name for name in names for worker in connected.get(name, [])]
        for name in names:
            self.worker_spec.pop(name, None)
        if workers:
            retiring = self.scheduler.retire_workers(names=workers, close_workers=True)
            await asyncio.wait({asyncio.ensure_future(retiring)}, timeout=RETIRE_DEADLINE)
        self._correct_state()

    def follow_load(self, minimum: int, maximum: int, **values: Any) -> None:
        """Adaptive scaling, between numbers of workers."""
        size = self.site.processes
        self._adaptive_options: dict[str, Any] = {}  # dask would keep those of earlier times
        self.adapt(
            Adaptive=WholeJobs,
            minimum=math.ceil(minimum / size) * size,
            maximum=math.ceil(maximum / size) * size,
            worker_key=None if size == 1 else _job_of_worker,
            **values,
        )

    async def finish(self, deadline: float) -> None:
        """Cancel all jobs, see that they are gone, and close the scheduler. ClusterError if some are left."""
        self.keeper.stop()
        adaptive = getattr(self, "_adaptive", None)
        if adaptive is not None:
            adaptive.stop()
        self.worker_spec.clear()
        # What is being submitted is there, or not, after this.
        await asyncio.wait({asyncio.ensure_future(self._correct_state())}, timeout=self.site.deadline)
        try:
            ids = ledger.read(self.site.directory)
            await self.site.system.clear(self.site.job_name, ids, deadline=deadline, command=self.site.deadline)
        finally:
            try:
                await asyncio.wait_for(self.close(), SCHEDULER_DEADLINE)
            except (asyncio.TimeoutError, AssertionError):
                pass  # the process ends anyway


class WholeJobs(Adaptive):
    """Adaptive scaling that wants whole jobs, where a job has several workers: else it would end and submit one for ever."""

    async def target(self) -> int:
        """A number of workers."""
        size: int = self.cluster.site.processes
        workers: int = await super().target()
        return math.ceil(workers / size) * size


def _job_of_worker(worker: Any) -> str:
    """Sent to the scheduler. The workers of a job are named `<job>-<number>`."""
    return str(worker.name).rpartition("-")[0]


def mended(cluster_class: Any, site: Site) -> Any:
    """The mended form of a cluster class."""
    job_class = type("Job", (MendedJob, cluster_class.job_cls), {"site": site})
    return type(cluster_class.__name__, (MendedCluster, cluster_class), {"site": site, "job_cls": job_class})
