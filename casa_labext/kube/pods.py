"""What pods say of themselves: where each worker is, and why, in Kubernetes's own words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..host.errors import ClusterError, Unknown
from .api import API, CLUSTER, CORE, Missing

#: The latest lines of a log that are shown.
LOG_LINES = "2000"
#: What a container waits for that does not come by itself: somebody has to mend something.
STUCK = {
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "ErrImageNeverPull",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
}


@dataclass(frozen=True)
class Pod:
    """A pod of a cluster. Times are seconds since the epoch; `state` is one of batch.job.Job's, or `starting`."""

    name: str
    #: The name of its worker, as the scheduler knows it; empty for the scheduler's pod.
    worker: str
    state: str
    reason: str | None
    node: str | None
    created: float
    started: float | None
    ended: float | None
    exit_code: int | None
    restarts: int
    #: Whether a container of it runs or has run.
    has_run: bool


def read(resource: dict[str, Any]) -> Pod:
    """A pod, as the API has it."""
    metadata, status = resource["metadata"], resource["status"]
    statuses = status.get("containerStatuses") or []
    container = statuses[0] if statuses else {}
    last = (container.get("lastState") or {}).get("terminated") or {}
    ended = (container.get("state") or {}).get("terminated") or last
    state, reason = _state(resource, container, last)
    return Pod(
        name=metadata["name"],
        worker=_environment(resource).get("DASK_WORKER_NAME", ""),
        state=state,
        reason=reason,
        node=resource["spec"].get("nodeName"),
        created=_seconds(metadata["creationTimestamp"]) or 0.0,
        started=_seconds(status.get("startTime")),
        ended=_seconds(ended.get("finishedAt")),
        exit_code=ended.get("exitCode"),
        restarts=container.get("restartCount", 0),
        has_run=bool(last or (container.get("state") or {}).keys() - {"waiting"}),
    )


async def logs(api: API, cluster: str, name: str) -> list[dict[str, str]]:
    """What the container of a cluster's pod has printed, and the one before it was restarted; `Log` in openapi.yaml."""
    # A browser says which: with the user's credentials it would reach all that they do.
    pods = await api.call("GET", CORE, "pods", labelSelector=f"{CLUSTER}={cluster}")
    if name not in [pod["metadata"]["name"] for pod in pods["items"]]:
        raise Unknown("There is no such pod.")
    printed = []
    for title, previous in (("Before the restart", "true"), ("Now", "false")):
        try:
            text = await api.text("GET", CORE, f"pods/{name}/log", tailLines=LOG_LINES, previous=previous)
        except Missing:
            raise Unknown("There is no such pod.") from None
        except ClusterError as error:
            if previous == "true":
                continue  # it was never restarted
            text = error.message
        printed.append({"name": title, "text": text})
    return printed


def _state(  # noqa: PLR0911  one for each thing that a pod can say
    resource: dict[str, Any], container: dict[str, Any], last: dict[str, Any]
) -> tuple[str, str | None]:
    status = resource["status"]
    if resource["metadata"].get("deletionTimestamp"):
        return "completing", None
    if status["phase"] in ("Failed", "Succeeded"):
        return "failed", _words(status) or _end((container.get("state") or {}).get("terminated") or {})
    waiting = (container.get("state") or {}).get("waiting")
    if waiting and waiting.get("reason") in STUCK:
        return "held", _words(waiting)
    if waiting and waiting.get("reason") == "CrashLoopBackOff":
        return "failed", f"{_end(last) or _words(waiting)}; restarted {container.get('restartCount', 0)} times"
    if last:
        return "starting", f"Restarted after: {_end(last)}"
    if status["phase"] == "Running":
        return "running", None
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return "queued", _words(condition)
    if waiting and waiting.get("reason") not in (None, "ContainerCreating", "PodInitializing"):
        return "starting", _words(waiting)
    return "starting", None


def _words(said: dict[str, Any]) -> str | None:
    return ": ".join(filter(None, [said.get("reason"), said.get("message")])) or None


def _end(terminated: dict[str, Any]) -> str | None:
    """Why a container has ended."""
    if not terminated:
        return None
    if terminated.get("reason") == "OOMKilled":
        return "OOMKilled: it used more memory than its limit"
    return f"{terminated.get('reason') or 'Ended'}: exit code {terminated.get('exitCode')}"


def _environment(resource: dict[str, Any]) -> dict[str, str]:
    return {
        variable["name"]: variable.get("value", "")
        for container in resource["spec"]["containers"]
        for variable in container.get("env") or []
    }


def _seconds(text: str | None) -> float | None:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if text else None
