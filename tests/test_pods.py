"""What pods say, as Kubernetes 1.20 and later have it."""

from typing import Any

import pytest

from casa_labext.kube import pods

CONDITIONS = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "1 Insufficient cpu."}]
PULL = {"waiting": {"reason": "ErrImagePull", "message": "no such host"}}
KILLED = {"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-11-23T15:00:09Z"}}


def pod(phase: str, container: dict[str, Any] | None = None, **status: Any) -> pods.Pod:
    statuses = {"containerStatuses": [container]} if container else {}
    environment = [{"name": "DASK_WORKER_NAME", "value": "w-1"}, {"name": "SECRET", "valueFrom": {}}]
    return pods.read(
        {
            "metadata": {"name": "p-1", "creationTimestamp": "2026-11-23T15:00:00Z", **status.pop("metadata", {})},
            "spec": {"nodeName": "n1", "containers": [{"env": environment}]},
            "status": {"phase": phase, **statuses, **status},
        }
    )


@pytest.mark.parametrize(
    ("found", "state", "reason", "has_run"),
    [
        (pod("Pending"), "starting", None, False),
        (pod("Pending", conditions=CONDITIONS), "queued", "Unschedulable: 1 Insufficient cpu.", False),
        (pod("Pending", {"state": {"waiting": {"reason": "ContainerCreating"}}}), "starting", None, False),
        (pod("Pending", {"state": PULL}), "held", "ErrImagePull: no such host", False),
        (pod("Running", {"state": {"running": {}}}), "running", None, True),
        (
            pod("Running", {"state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": KILLED, "restartCount": 3}),
            "failed",
            "OOMKilled: it used more memory than its limit; restarted 3 times",
            True,
        ),
        (
            pod("Running", {"state": {"running": {}}, "lastState": KILLED, "restartCount": 1}),
            "starting",
            "Restarted after: OOMKilled: it used more memory than its limit",
            True,
        ),
        (pod("Failed", reason="Evicted", message="Low on memory."), "failed", "Evicted: Low on memory.", False),
        (pod("Failed", {"state": {"terminated": {"reason": "Error", "exitCode": 2}}}), "failed", "Error: exit code 2", True),
        (pod("Running", {"state": {"running": {}}}, metadata={"deletionTimestamp": "2026-11-23T15:01:00Z"}), "completing", None, True),
    ],
)
def test_where_a_worker_is_and_why(found: pods.Pod, state: str, reason: str | None, has_run: bool) -> None:
    assert (found.state, found.has_run) == (state, has_run)
    assert found.reason == reason


def test_what_else_is_told() -> None:
    found = pod("Running", {"state": {"running": {}}, "lastState": KILLED})
    assert (found.worker, found.node, found.exit_code) == ("w-1", "n1", 137)
    assert found.ended == found.created + 9
