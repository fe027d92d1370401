"""What is told of a cluster's pods, as of jobs: where each wanted worker is and why. See batch.report."""

from __future__ import annotations

from typing import Any

from ..batch.report import PLACES, REASONS
from .cluster import KubernetesCluster
from .pods import Pod


def _place(pod: Pod) -> tuple[str, str | None]:
    """Where the worker of a pod is that is not connected, and why."""
    if pod.state == "running":
        return "starting", None
    return {"completing": "lost"}.get(pod.state, pod.state), pod.reason


def report(cluster: KubernetesCluster) -> dict[str, Any]:
    """See batch.report.report."""
    counts = dict.fromkeys(PLACES, 0)
    reasons: dict[tuple[str, str], int] = {}
    connected = cluster.workers
    there = [pod for pod in cluster.pods if pod.state != "completing"]
    for pod in there:
        if pod.worker in connected:
            continue
        where, text = _place(pod)
        counts[where] += 1
        if text:
            reasons[where, text] = reasons.get((where, text), 0) + 1
    counts["queued"] += max(0, cluster.wanted - len(there))
    ranked = sorted(reasons.items(), key=lambda item: (PLACES.index(item[0][0]), -item[1]))
    return {
        "requested": cluster.wanted,
        **counts,
        "reasons": [{"place": where, "workers": count, "text": text} for (where, text), count in ranked][:REASONS],
        "problem": cluster.problem,
        "failing": any(pod.restarts for pod in there if pod.worker not in connected),
        "given_up": False,
    }


def jobs(cluster: KubernetesCluster) -> list[dict[str, Any]]:
    """The pods, newest first, as `Job` in openapi.yaml."""
    connected = cluster.workers
    listed = []
    for pod in sorted(cluster.pods, key=lambda pod: pod.created, reverse=True):
        running = pod.worker in connected
        listed.append(
            {
                "id": pod.name,
                "worker": pod.worker,
                "state": "running" if running else "starting" if pod.state == "running" else pod.state,
                "reason": None if running else pod.reason,
                "host": pod.node,
                "submitted": pod.created,
                "started": pod.started,
                "walltime_end": None,
                "ended": pod.ended,
                "exit_code": pod.exit_code,
                "workers": int(running),
                "actions": ["retry"] if cluster.made and pod.state != "completing" else [],
            }
        )
    return listed
