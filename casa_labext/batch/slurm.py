"""Slurm: squeue, sacct, scancel."""

from __future__ import annotations

import os
from collections.abc import Collection

from .commands import CommandFailed
from .job import Job
from .system import BatchSystem, query

#: Fields of `squeue --Format`, each with a width that cuts nothing off.
FIELDS = {
    "JobID": 30,
    "State": 30,
    "Reason": 200,
    "NodeList": 200,
    "SubmitTime": 20,
    "StartTime": 20,
    "EndTime": 20,
    "TimeLimit": 20,
    "exit_code": 12,
}
#: Times are printed in seconds since the epoch, and in no language.
ENVIRON = {"SLURM_TIME_FORMAT": "%s"}

QUEUED = {"PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT"}
RUNNING = {"RUNNING", "CONFIGURING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT", "RESIZING"}
ENDED = {"COMPLETED", "CANCELLED", "REVOKED"}
#: Reasons of a pending job that is held, and whether a person held it.
HELD = {
    "JobHeldUser": True,
    "JobHeldAdmin": True,
    "JobHoldMaxRequeue": False,
    # Slurm writes it the one way or the other.
    "launch_failed_requeued_held": False,
    "launch failed requeued held": False,
}


class Slurm(BatchSystem):
    """The cluster that the commands ask by default."""

    title = "Slurm"
    commands = ("sbatch", "squeue", "scancel")
    cancel_command = "scancel"
    release_command = ("scontrol", "release")

    async def jobs(self, name: str, ids: Collection[str]) -> list[Job]:
        form = ",".join(f"{field}:{width}|" for field, width in FIELDS.items())
        own = f"--user={os.getuid()}"  # anybody can give a job such a name
        text = await query(["squeue", "--noheader", "--states=all", own, f"--name={name}", f"--Format={form}"], environ=ENVIRON)
        return [read(dict(zip(FIELDS, map(str.strip, line.split("|")), strict=False))) for line in text.splitlines() if line.strip()]

    async def ended(self, ids: Collection[str]) -> list[Job]:
        fields = ("JobID", "State", "NodeList", "SubmitTime", "StartTime", "EndTime", "exit_code")
        form = "JobIDRaw,State,NodeList,Submit,Start,End,ExitCode"
        command = ["sacct", "--noheader", "--parsable2", "--allocations", f"--jobs={','.join(ids)}", f"--format={form}"]
        try:
            text = await query(command, environ=ENVIRON)
        except CommandFailed:
            return []  # many sites keep no accounts
        return [read(dict(zip(fields, line.split("|"), strict=False))) for line in text.splitlines() if line.strip()]

    async def remote(self) -> bool:
        addresses = (await query(["sinfo", "--noheader", "--format=%o"])).split()
        return not all(address.startswith("127.") for address in addresses)

    async def ping(self) -> None:
        await query(["squeue", "--noheader", "--name=none"])


def read(fields: dict[str, str]) -> Job:
    """A job from the fields of squeue or sacct."""
    # sacct says by whom: "CANCELLED by 1000".
    word = fields["State"].split()[0]
    held = fields.get("Reason") in HELD
    if word in QUEUED:
        state = "held" if held else "queued"
    elif word in RUNNING:
        state = "running"
    elif word == "COMPLETING":
        state = "completing"
    else:
        state = "gone" if word in ENDED else "failed"
    over = state in ("gone", "failed")
    code = _exit_code(fields["exit_code"]) if over else None
    reason: str | None = fields.get("Reason")
    if reason in ("None", "", None) or reason == word:
        reason = None
    if over or word not in ("PENDING", "RUNNING"):
        reason = ": ".join(part for part in (fields["State"], reason) if part) + (f" (exit code {code})" if code else "")
    return Job(
        id=fields["JobID"],
        state=state,
        reason=reason,
        host=fields["NodeList"] or None,
        submitted=_time(fields["SubmitTime"]),
        # Of a waiting job it is when Slurm means to start it.
        started=None if state in ("queued", "held") else _time(fields["StartTime"]),
        # Of a running job it is when its time limit is over; one without a limit has it in a year.
        walltime_end=_time(fields["EndTime"]) if state == "running" and fields.get("TimeLimit") != "UNLIMITED" else None,
        ended=_time(fields["EndTime"]) if over else None,
        exit_code=code,
        deliberate=HELD.get(fields.get("Reason", ""), False),
    )


def _time(text: str) -> float | None:
    return float(text) if text.isdigit() else None  # "N/A", "NONE", "Unknown"


def _exit_code(text: str) -> int | None:
    """squeue has what wait() returns, sacct `code:signal`; a signal is counted negative."""
    code, _, signal = text.partition(":")
    if not code.isdigit():
        return None
    if signal:
        return -int(signal) if signal.isdigit() and int(signal) else int(code)
    status = int(code)
    return -(status & 0x7F) if status & 0x7F else status >> 8
