"""Why are there no workers? What was checked, one step after the other, and a report for the help desk."""

from __future__ import annotations

import platform
from collections import Counter
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from . import kinds
from .cluster import Cluster
from .daskconfig.secrets import is_secret
from .host.errors import ClusterError
from .launched import launched

#: What the report tells the versions of.
PACKAGES = (
    "casa_labext",
    "jupyter_server",
    "jupyterlab",
    "jupyter-server-proxy",
    "dask",
    "distributed",
    "dask-jobqueue",
    "dask-kubernetes",
)
#: The last lines of the host's log in the report.
LOG_LINES = 100
#: States of jobs, and what they mean for a worker.
WAITING = ("queued", "held", "failed")


@dataclass(frozen=True)
class Check:
    """`DiagnosisCheck` in openapi.yaml. `state` is `good`, `bad`, `waiting`, or `unknown` for what could not be checked."""

    title: str
    state: str
    text: str


async def diagnose(cluster: Cluster, where_encryption_is_wrong: list[tuple[str, str]]) -> dict[str, Any]:
    """`Diagnosis` in openapi.yaml. The checks go from the user's side to the workers; the first bad one is the cause."""
    public = cluster.public()
    checks = [_process(public), await _system(cluster)]
    jobs, problem = await _jobs(cluster)
    if cluster.has_jobs:
        checks += _about_jobs(public, jobs, problem)
    checks += [_workers(public), _encryption(public, where_encryption_is_wrong), _versions(public)]
    shown = [check for check in checks if check]
    return {"checks": [vars(check) for check in shown], "report": await _report(cluster, shown, jobs)}


def _process(public: dict[str, Any]) -> Check:
    title = "Scheduler"
    if public["connection"]:
        return Check(title, "good", f"It runs at {public['connection']['address']}.")
    if public["state"] == "starting":
        return Check(title, "waiting", public["activity"] or "It is being started.")
    return Check(title, "bad", public["reason"] or f"There is none: the cluster is {public['state']}.")


async def _system(cluster: Cluster) -> Check | None:
    kind = kinds.load(cluster.record.reference)
    if not cluster.has_jobs or kind.inquires:
        return None
    reason = await kind.unavailable()
    return Check(kind.title, "bad", reason) if reason else Check(kind.title, "good", "It answers.")


async def _jobs(cluster: Cluster) -> tuple[list[dict[str, Any]], str | None]:
    try:
        return await cluster.jobs(), None
    except ClusterError as error:
        return [], error.message


def _about_jobs(public: dict[str, Any], jobs: list[dict[str, Any]], problem: str | None) -> list[Check]:
    if problem:
        return [Check("Jobs", "unknown", problem)]
    if not jobs:
        adaptive = "minimum" in public["size"]
        idle = "Adaptive scaling wants none: there is nothing to compute." if adaptive else "None was submitted yet."
        return [Check("Jobs", "waiting", idle)]
    refused = [job for job in jobs if job["id"] is None]
    if refused:
        accepted = Check("Jobs accepted", "bad", f"{len(refused)} of {len(jobs)} were refused: {refused[0]['reason']}")
    else:
        accepted = Check("Jobs accepted", "good", f"All {len(jobs)} jobs were.")
    states = Counter(job["state"] for job in jobs if job["id"] is not None)
    stuck = {state: states[state] for state in WAITING if states[state]}
    if not stuck:
        started = Check("Jobs started", "good", "All that are wanted were.")
    else:
        counts = ", ".join(f"{count} {state}" for state, count in stuck.items())
        reasons = Counter(job["reason"] for job in jobs if job["state"] in stuck and job["reason"])
        why = "; ".join(reason for reason, _ in reasons.most_common(3)) or "The batch system gives no reason."
        started = Check("Jobs started", "bad" if stuck.keys() & {"held", "failed"} else "waiting", f"{counts}: {why}")
    return [accepted, started]


def _workers(public: dict[str, Any]) -> Check:
    counts = public["workers"]
    text = f"{counts['running']} of {counts['requested']} are connected"
    if counts["running"] >= counts["requested"]:
        return Check("Workers connected", "good", f"{text}.")
    if counts["starting"]:
        return Check("Workers connected", "waiting", f"{text}, {counts['starting']} have started without an answer yet: see their logs.")
    return Check("Workers connected", "bad" if counts["lost"] else "waiting", f"{text}.")


def _encryption(public: dict[str, Any], wrong: list[tuple[str, str]]) -> Check:
    if wrong:
        return Check("Encryption", "bad", "; ".join(f"{where}: {message}" for where, message in wrong))
    if public["encrypted"]:
        return Check("Encryption", "good", "The certificates can be read, are valid and belong together.")
    return Check("Encryption", "good", "The cluster does without.")


def _versions(public: dict[str, Any]) -> Check:
    warnings = public["warnings"]
    return Check("Versions", "bad", "; ".join(warnings)) if warnings else Check("Versions", "good", "No difference was found.")


async def _report(cluster: Cluster, checks: list[Check], jobs: list[dict[str, Any]]) -> str:
    public = cluster.public()
    state = {name: public[name] for name in ("state", "reason", "hint", "activity", "size", "workers", "reasons", "warnings")}
    (log,) = await cluster.logs("host")
    sections = {
        "Checks": [f"{check.state:8}{check.title}: {check.text}" for check in checks],
        "State": [f"{name}: {value}" for name, value in state.items()],
        "Launched": launched(cluster.record).splitlines(),
        "Jobs": [f"{job['id']} {job['state']} {job['host'] or ''} {job['reason'] or ''}".strip() for job in jobs[:20]],
        "Versions": [f"Python {platform.python_version()} on {platform.platform()}", *_installed()],
        "Log of the host": log["text"].splitlines()[-LOG_LINES:],
    }
    lines = []
    for title, content in sections.items():
        lines += [f"## {title}", *content, ""]
    return "\n".join("(a line with a secret is hidden)" if is_secret("", line) else line for line in lines)


def _installed() -> list[str]:
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} is not installed")
    return found
