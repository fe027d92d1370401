"""What a scheduler knows of its workers and tasks.

These functions take the Scheduler object. Where the scheduler is another process they are sent to it, pickled by value, so that they
may use nothing but their argument and what they import.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


def summary(dask_scheduler: Any) -> dict[str, Any]:
    """The sums that a card shows: costs a pass over the workers and the groups of tasks, not over the tasks."""
    workers = dask_scheduler.workers.values()
    tasks = {"processing": 0, "waiting": 0, "erred": 0}
    shown = {
        "processing": "processing",
        "waiting": "waiting",
        "queued": "waiting",
        "no-worker": "waiting",
        "erred": "erred",
    }
    for group in dask_scheduler.task_groups.values():
        for state, count in group.states.items():
            if state in shown:
                tasks[shown[state]] += count
    dashboard = dask_scheduler.services.get("dashboard")
    since, timeout = dask_scheduler.idle_since, dask_scheduler.idle_timeout
    # What a host reads and writes is told by each of its workers.
    hosts = {worker.host: worker.metrics.get("host_net_io", {}) for worker in workers}.values()
    return {
        "dashboard_port": dashboard.port if dashboard else None,
        "running": len(dask_scheduler.workers),
        "cores": sum(worker.nthreads for worker in workers),
        "cpu": sum(worker.metrics.get("cpu", 0) for worker in workers) / 100,
        "memory": {
            "used": sum(worker.metrics.get("memory", 0) for worker in workers),
            "limit": sum(worker.memory_limit or 0 for worker in workers),
        },
        "tasks": tasks,
        "idle": {"since": since, "until": since + timeout} if since and timeout else None,
        "traffic": {
            "spilled": sum(worker.metrics.get("spilled_bytes", {}).get("disk", 0) for worker in workers),
            "read": sum(host.get("read_bps", 0) for host in hosts),
            "written": sum(host.get("write_bps", 0) for host in hosts),
        },
    }


def extend(dask_scheduler: Any) -> None:
    """Let the time begin anew after which an idle scheduler closes."""
    from time import time

    dask_scheduler.idle_since = time()


def workers(dask_scheduler: Any) -> list[dict[str, Any]]:
    """The connected workers, as `Worker` in openapi.yaml has them."""
    return [
        {
            "address": worker.address,
            "name": str(worker.name),
            "host": worker.host,
            "status": worker.status.name,
            "cores": worker.nthreads,
            "memory_limit": worker.memory_limit or 0,
            "memory": worker.metrics.get("memory", 0),
            "spilled": worker.metrics.get("spilled_bytes", {}).get("disk", 0),
            "cpu": worker.metrics.get("cpu", 0) / 100,
            "processing": len(worker.processing),
            "last_seen": worker.last_seen,
        }
        for worker in dask_scheduler.workers.values()
    ]


def identified(identity: dict[str, Any]) -> Any:
    """What can be known of a scheduler that cannot run these functions, from what it tells anybody: its `identity`."""
    workers = {}
    counts: dict[str, int] = {}
    for address, told in identity["workers"].items():
        tasks = told["metrics"].get("task_counts", {})
        for state, count in tasks.items():
            if state in ("executing", "long-running", "ready", "constrained"):
                counts["processing"] = counts.get("processing", 0) + count
        values = {**told, "address": address, "status": SimpleNamespace(name=told["status"])}
        workers[address] = SimpleNamespace(**values, processing=range(sum(tasks.get(state, 0) for state in ("executing", "ready"))))
    services = {name: SimpleNamespace(port=port) for name, port in identity["services"].items()}
    groups = {"all": SimpleNamespace(states=counts)}
    return SimpleNamespace(workers=workers, services=services, task_groups=groups, idle_since=None, idle_timeout=None)
