"""What is asked of a batch system, and what it is told."""

from __future__ import annotations

import asyncio
import re
import shutil
import time
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import ClassVar

from ..host.errors import ClusterError
from .commands import run
from .job import Job

#: Seconds that a query may take. Below the 10 s within which the truth is to be shown.
QUERY_DEADLINE = 8.0
#: Seconds in which a batch system must answer to count as available.
AVAILABLE_DEADLINE = 5.0
#: Seconds that are given to jobs that are ending. After that they count as ended: the batch system has let go of them.
COMPLETING_DEADLINE = 10.0
#: Seconds between two looks at jobs that are being cancelled.
CANCEL_INTERVAL = 0.5
#: Jobs that one command is given.
CHUNK = 500


class BatchSystem:
    """A batch system, through its commands.

    The jobs of a cluster have the cluster's job name (`name`), so that one query finds them all; `ids` are those that were noted.
    """

    title: ClassVar[str]
    #: The commands it takes.
    commands: ClassVar[tuple[str, ...]]
    cancel_command: ClassVar[str]
    release_command: ClassVar[tuple[str, ...]]

    async def jobs(self, name: str, ids: Collection[str]) -> list[Job]:
        """The jobs of a cluster that the batch system knows; with one query, however many there are."""
        raise NotImplementedError

    async def find(self, name: str) -> list[str]:
        """The ids of a cluster's jobs, where the query above asks by id and one may not have been noted."""
        return []

    async def ended(self, ids: Collection[str]) -> list[Job]:
        """What became of jobs that the query above no longer has, as far as it can be told."""
        return []

    async def explain(self, job: Job) -> str | None:
        """Why a job that waits does not start, where the batch system says more than in its query."""
        return None

    async def remote(self) -> bool:
        """Whether jobs may run on other machines than this one."""
        return True

    async def ping(self) -> None:
        """ClusterError if it does not answer."""
        raise NotImplementedError

    def log_files(self, directory: Path, job_id: str) -> list[Path]:
        """The files in the log directory that are about a job: its id is in their name."""
        number = re.compile(rf"(?<!\d){re.escape(job_id)}(?!\d)")
        return sorted(path for path in directory.glob("*") if number.search(path.name))

    def missing(self) -> str | None:
        """The first of its commands that is not there."""
        return next((command for command in self.commands if not shutil.which(command)), None)

    async def unavailable(self) -> str | None:
        """Why it cannot be used here, None if it can."""
        if command := self.missing():
            return f"{command} is not on PATH."
        try:
            await asyncio.wait_for(self.ping(), AVAILABLE_DEADLINE)
        except asyncio.TimeoutError:
            return f"{self.title} has not answered within {AVAILABLE_DEADLINE:g} s."
        except ClusterError as error:
            return error.message
        return None

    async def cancel(self, ids: Sequence[str], *, deadline: float) -> None:
        """Ask for the end of jobs. ClusterError with the command's complaint; the others are cancelled all the same."""
        complaint: ClusterError | None = None
        for start in range(0, len(ids), CHUNK):
            try:
                await run([self.cancel_command, *ids[start : start + CHUNK]], deadline=deadline)
            except ClusterError as error:
                complaint = error
        if complaint:
            raise complaint

    async def release(self, job_id: str, *, deadline: float) -> None:
        """Let a held job start."""
        await run([*self.release_command, job_id], deadline=deadline)

    async def clear(self, name: str, ids: Collection[str], *, deadline: float, command: float) -> None:
        """End all jobs of a cluster, and see that they have ended. ClusterError if some are left after `deadline` seconds.

        `command` is what one command may take.
        """
        start = time.monotonic()
        complaint: ClusterError | None = None
        while True:
            left: list[Job] | None = None
            try:
                left = [job for job in await self.jobs(name, {*ids, *await self.find(name)}) if job.active]
                ending = all(job.state == "completing" for job in left)
                if not left or (ending and time.monotonic() - start > min(COMPLETING_DEADLINE, deadline)):
                    return
                waiting = [job.id for job in left if job.state != "completing"]
                if waiting:
                    await self.cancel(waiting, deadline=min(command, deadline))
            except ClusterError as error:
                complaint = error
            if time.monotonic() - start > deadline:
                break
            await asyncio.sleep(CANCEL_INTERVAL)
        count = "Jobs" if left is None else "1 job" if len(left) == 1 else f"{len(left)} jobs"
        raise ClusterError(
            f"{count} may be left in {self.title}: {complaint.message if complaint else 'they do not end.'}",
            hint=f"Try again when {self.title} is well, or remove them with {self.cancel_command}.",
        )


async def query(command: Sequence[str], *, environ: dict[str, str] | None = None) -> str:
    """What a query prints, in English. CommandFailed or DeadlineExceeded."""
    return await run(command, deadline=QUERY_DEADLINE, environ={"LC_ALL": "C", **(environ or {})})
