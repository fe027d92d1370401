"""PBS and Torque: qstat, qdel."""

from __future__ import annotations

import getpass
import json
import shutil
import socket
import time
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from .commands import CommandFailed
from .job import Job
from .system import BatchSystem, query

#: job_state.
STATES = {"Q": "queued", "W": "queued", "T": "queued", "H": "held", "R": "running", "S": "running", "U": "running", "E": "completing"}
#: qstat says this of ids that it does not know any more; it goes on with the others.
UNKNOWN = ("unknown job id", "has finished", "invalid job id")
#: PBS gives a job's exit code 256 and more when a signal ended it.
SIGNAL = 256


class PBS(BatchSystem):
    """The default server."""

    title = "PBS"
    commands = ("qsub", "qstat", "qdel", "pbsnodes")  # Grid Engine has the first three, too
    cancel_command = "qdel"
    release_command = ("qrls",)

    def __init__(self) -> None:
        self._json = True

    async def jobs(self, name: str, ids: Collection[str]) -> list[Job]:
        if not ids:
            return []
        if self._json:
            text = await _known(["qstat", "-x", "-f", "-F", "json", *ids])
            if text is not None:
                with suppress(ValueError):  # PBS does not quote all that is in the variables of jobs
                    found = json.loads(text or "{}").get("Jobs", {})
                    return [read(job_id, job) for job_id, job in found.items()]
            self._json = False  # Torque has neither -x nor -F
        found = parse(await _known(["qstat", "-f", *ids]) or "")
        return [read(job_id, job) for job_id, job in found.items()]

    async def find(self, name: str) -> list[str]:
        if not shutil.which("qselect"):  # not part of what Slurm brings
            return []
        own = ["-u", getpass.getuser()]  # anybody can give a job such a name
        return [job_id.partition(".")[0] for job_id in (await query(["qselect", *own, "-N", name])).split()]

    async def remote(self) -> bool:
        nodes = [line.strip() for line in (await query(["pbsnodes", "-a"])).splitlines() if line and not line[0].isspace()]
        return set(nodes) != {socket.gethostname()}

    async def ping(self) -> None:
        await query(["qstat", "-Q"])


async def _known(command: list[str]) -> str | None:
    """What qstat says about the jobs it knows; None if it does not know its arguments."""
    try:
        return await query(command)
    except CommandFailed as error:
        if "Unknown option" in error.output or "usage" in error.message.lower():
            return None
        if any(words in error.message.lower() for words in UNKNOWN):
            return error.output
        raise


def parse(text: str) -> dict[str, dict[str, Any]]:
    """`qstat -f`: a paragraph a job, a long value goes on in the next line behind a tab."""
    jobs: dict[str, dict[str, Any]] = {}
    key = ""
    for line in text.splitlines():
        name, equals, value = line.strip().partition(" = ")
        if line.startswith("Job Id:"):
            jobs[line.partition(":")[2].strip()] = current = {}
        elif equals:
            key = name
            current[key] = value
        elif line.startswith("\t") and key:
            current[key] += line.strip()
    return {job_id: _nested(job) for job_id, job in jobs.items()}


def _nested(job: dict[str, str]) -> dict[str, Any]:
    """`Resource_List.ncpus` as the JSON form has it: a mapping."""
    nested: dict[str, Any] = {}
    for key, value in job.items():
        outer, dot, inner = key.partition(".")
        if dot:
            nested.setdefault(outer, {})[inner] = value
        else:
            nested[key] = value
    return nested


def read(job_id: str, job: dict[str, Any]) -> Job:
    """A job from its attributes."""
    status = str(job.get("Exit_status", job.get("exit_status", "")))  # PBS, Torque
    code = int(status) if status.lstrip("-").isdigit() else None
    state = STATES.get(job["job_state"]) or ("failed" if code else "gone")
    over = state in ("failed", "gone")
    # PBS, Torque, and what Slurm makes of it.
    started = _time(job.get("stime") or job.get("start_time") or job.get("mtime")) if state not in ("queued", "held") else None
    walltime = job.get("Resource_List", {}).get("walltime")
    return Job(
        id=job_id.partition(".")[0],  # dask-jobqueue knows it without the server's name
        state=state,
        reason=_reason(job, state, code),
        host=job["exec_host"].partition("/")[0] if "exec_host" in job else None,
        submitted=_time(job.get("qtime")),
        started=started,
        walltime_end=started + _seconds(walltime) if state == "running" and started and walltime else None,
        ended=_time(job.get("mtime")) if over else None,
        exit_code=None if code is None else SIGNAL - code if code >= SIGNAL else code,
        # o and s are holds of the operator and the system; u is the user's.
        deliberate=state == "held" and "u" in job.get("Hold_Types", ""),
    )


def _reason(job: dict[str, Any], state: str, code: int | None) -> str | None:
    comment = " ".join(job.get("comment", "").split()) or None
    if state in ("failed", "gone"):
        limit, used = (job.get(key, {}).get("walltime") for key in ("Resource_List", "resources_used"))
        if code and limit and used and _seconds(used) >= _seconds(limit):
            return f"Reached its walltime of {limit}"
        if code is None:
            return comment or "Ended; its exit code is not known"
        return f"Ended by signal {code - SIGNAL}" if code >= SIGNAL else f"Exit code {code}"
    if state == "held" and not comment:
        return f"Held (Hold_Types = {job.get('Hold_Types', '?')})"
    return comment


def _seconds(text: str) -> int:
    seconds = 0
    for part in text.split(":"):
        seconds = seconds * 60 + int(part)
    return seconds


def _time(text: str | None) -> float | None:
    """`Mon Nov 23 07:00:51 2026`, local time."""
    try:
        return time.mktime(time.strptime(text)) if text else None
    except ValueError:
        return None
