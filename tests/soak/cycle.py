"""The life of one cluster, as short as it can be."""

from __future__ import annotations

from conftest import API, JSON

from .visitor import Visitor


async def cycle(requests: API, visitor: Visitor, *, form: bool) -> None:
    """A cluster, with a look at the form or without, that gets a worker, another size, and is closed."""
    if form:
        await requests.get("environments", params={"profile": "local"})
    cluster_id = (await requests.create(size={"workers": 1}))["id"]
    await visitor.until(lambda clusters: runs(clusters, cluster_id, 1))
    assert len(await requests.get(f"clusters/{cluster_id}/workers")) == 1
    await scale(requests, cluster_id, 0)
    await visitor.until(lambda clusters: runs(clusters, cluster_id, 0))
    await close(requests, cluster_id)
    await visitor.until(lambda clusters: cluster_id not in clusters)


def runs(clusters: dict[str, JSON], cluster_id: str, workers: int) -> bool:
    """Whether a cluster runs with so many workers; it must not fail."""
    cluster = clusters.get(cluster_id)
    if not cluster:
        return False
    assert cluster["state"] in ("starting", "running"), cluster
    return (cluster["state"], cluster["workers"]["running"]) == ("running", workers)


async def scale(requests: API, cluster_id: str, workers: int) -> None:
    """Ask for another size."""
    status, answer = await requests.call("POST", f"clusters/{cluster_id}/scale", {"workers": workers})
    assert status == 200, answer


async def close(requests: API, cluster_id: str) -> None:
    """Ask for the end."""
    status, answer = await requests.call("DELETE", f"clusters/{cluster_id}")
    assert status == 202, answer
