"""HTCondor: condor_q, condor_history, condor_rm."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from .job import Job
from .system import BatchSystem, query

#: What is asked about each job. https://htcondor.readthedocs.io/en/latest/classad-attributes/job-classad-attributes.html
ATTRIBUTES = (
    "ClusterId,ProcId,JobStatus,QDate,JobCurrentStartDate,CompletionDate,EnteredCurrentStatus,RemoteHost,LastRemoteHost,NumJobStarts,"
    "HoldReason,HoldReasonCode,HoldReasonSubCode,VacateReason,VacateReasonCode,LastRejMatchReason,RemoveReason,"
    "ExitCode,ExitBySignal,ExitSignal,AllowedJobDuration"
)
#: JobStatus.
STATES = {1: "queued", 2: "running", 3: "completing", 4: "gone", 5: "held", 6: "completing", 7: "running"}
#: HoldReasonCode: "put on hold by condor_hold" and "submitted on hold".
DELIBERATE = {1, 15}
#: How far condor_history looks back: it reads the schedd's whole history otherwise.
SCAN_LIMIT = 20_000


class HTCondor(BatchSystem):
    """The schedd that condor_q asks by default."""

    title = "HTCondor"
    commands = ("condor_submit", "condor_q", "condor_rm")
    cancel_command = "condor_rm"
    release_command = ("condor_release",)

    async def jobs(self, name: str, ids: Collection[str]) -> list[Job]:
        command = ["condor_q", "-json", "-attributes", ATTRIBUTES, "-constraint", f'JobBatchName == "{name}"']
        return [read(ad) for ad in json.loads(await query(command) or "[]")]  # no job: it prints nothing

    async def ended(self, ids: Collection[str]) -> list[Job]:
        command = ["condor_history", *ids, "-limit", str(len(ids)), "-scanlimit", str(SCAN_LIMIT), "-json", "-attributes", ATTRIBUTES]
        return [read(ad, ended=True) for ad in json.loads(await query(command) or "[]")]

    async def explain(self, job: Job) -> str | None:
        return analysis(await query(["condor_q", "-better-analyze", job.id]))

    async def remote(self) -> bool:
        addresses = (await query(["condor_status", "-af", "MyAddress"])).split()
        return not all(address.startswith("<127.") for address in addresses)

    async def ping(self) -> None:
        await query(["condor_q", "-totals"])

    def log_files(self, directory: Path, job_id: str) -> list[Path]:
        # dask-jobqueue names the event log after the number before the dot.
        files = [*super().log_files(directory, job_id), directory / f"worker-{job_id.partition('.')[0]}.log"]
        return [path for path in files if path.parent == directory and path.exists()]


def read(ad: dict[str, Any], *, ended: bool = False) -> Job:
    """A job from its ClassAd; `ended` if it comes from the history."""
    state = STATES.get(ad["JobStatus"], "queued")
    code = -ad.get("ExitSignal", 0) if ad.get("ExitBySignal") else ad.get("ExitCode")
    if state == "gone" or ended:
        state = "failed" if code and not ad.get("RemoveReason") else "gone"
    started, allowed = ad.get("JobCurrentStartDate"), ad.get("AllowedJobDuration")
    return Job(
        id=f"{ad['ClusterId']}.{ad['ProcId']}",
        state=state,
        reason=_reason(ad, state, code),
        host=_host(ad.get("RemoteHost") or ad.get("LastRemoteHost")),
        submitted=ad.get("QDate"),
        started=started,
        walltime_end=started + allowed if state == "running" and started and allowed else None,
        ended=(ad.get("CompletionDate") or ad.get("EnteredCurrentStatus")) if ended or state in ("gone", "failed") else None,
        exit_code=code if state in ("gone", "failed") else None,
        deliberate=state == "held" and ad.get("HoldReasonCode") in DELIBERATE,
    )


def _reason(ad: dict[str, Any], state: str, code: int | None) -> str | None:
    reason: str | None = None
    if state == "held":
        numbers = f"{ad.get('HoldReasonCode', '?')}.{ad.get('HoldReasonSubCode', 0)}"
        return f"{_words(ad.get('HoldReason')) or 'Held'} (code {numbers})"
    if state == "queued":
        reason = ad.get("LastRejMatchReason")
        if ad.get("NumJobStarts") and "VacateReasonCode" in ad:
            why = _words(ad.get("VacateReason") or reason)
            return f"Vacated (code {ad['VacateReasonCode']})" + (f": {why}" if why else "")
    elif state in ("gone", "failed", "completing"):
        reason = ad.get("RemoveReason")
        if not reason and code is not None:
            reason = f"Ended by signal {-code}" if code < 0 else f"Exit code {code}"
    elif ad["JobStatus"] == 7:
        reason = "Suspended"
    return _words(reason)


def _words(text: str | None) -> str | None:
    return " ".join(text.split()) if text else None


def _host(slot: str | None) -> str | None:
    """`slot1_1@node7` runs on node7."""
    return slot.rpartition("@")[2] if slot else None


def _value(text: str, attributes: dict[str, str]) -> str:
    """`500` for `MY.DaskWorkerCores`."""
    return attributes.get(text.removeprefix("MY."), text)


def analysis(text: str) -> str | None:
    """The essence of `condor_q -better-analyze`: the conditions that no machine meets, else what the machines say to the job."""
    machines = re.search(r"Of (\d+ (?:slots on \d+ )?machines)", text)  # HTCondor 25 counts slots
    if not machines:
        return None
    unmet = " and ".join(condition for condition in re.findall(r"^\[\d+\]\s+0\s+(.+?)\s*$", text, re.MULTILINE))
    if unmet:
        attributes = dict(re.findall(r"^ +(\w+) = (.+?)\s*$", text, re.MULTILINE))
        wanted = [f"{name} = {_value(value, attributes)}" for name, value in attributes.items() if name in unmet]
        return f"0 of {machines[1]} meet {unmet}" + (f" ({', '.join(wanted)})" if wanted else "")
    counts = re.findall(r"^ +([1-9]\d* (?:slots )?(?:are|reject|match) .+?)\s*$", text, re.MULTILINE)
    return f"Of {machines[1]}, {'; '.join(counts)}" if counts else None
