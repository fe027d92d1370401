"""Many browsers on one server, while its clusters change."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack

import pytest
from test_server import Server

from . import report
from .amounts import BROWSERS, CLUSTERS, SECONDS
from .cycle import cycle, scale
from .measures import seconds
from .visitor import Visitor, api, visit

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800)]

#: Seconds between two words of a host, as of a real one.
INTERVAL = 0.5
#: Workers of each cluster.
WORKERS = 2000


@pytest.mark.parametrize("crowd", [(CLUSTERS, INTERVAL)], indirect=True)
async def test_all_have_the_same_picture(crowd: Server) -> None:
    requests = api(crowd)
    ids = [cluster["id"] for cluster in await requests.get("clusters")]

    async def watch(visitors: list[Visitor]) -> dict[str, float]:
        """CPU time of the server for each second, and what each visitor gets in it."""
        counts = sum(visitor.messages for visitor in visitors), sum(visitor.bytes for visitor in visitors)
        busy, begin = seconds(crowd), time.monotonic()
        await asyncio.sleep(SECONDS)
        took = time.monotonic() - begin
        messages, received = (
            (after - before) / took / len(visitors)
            for before, after in zip(counts, (sum(v.messages for v in visitors), sum(v.bytes for v in visitors)), strict=True)
        )
        return {"cpu": (seconds(crowd) - busy) / took, "messages": messages, "bytes": received}

    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(visit(crowd))
        await asyncio.gather(*(scale(requests, cluster_id, WORKERS) for cluster_id in ids))
        alone = await watch([first])
        visitors = [first, *[await stack.enter_async_context(visit(crowd)) for _ in range(BROWSERS - 1)]]
        together = await watch(visitors)
        # A real one comes and goes, while all others change.
        await cycle(requests, first, form=False)
        await asyncio.gather(*(scale(requests, cluster_id, 0) for cluster_id in ids))
        await asyncio.gather(*(visitor.until(quiet) for visitor in visitors))
        # One that comes now is told all at once.
        visitors.append(await stack.enter_async_context(visit(crowd)))
        await visitors[-1].until(bool)
        listed = {cluster["id"]: cluster for cluster in await requests.get("clusters")}
        assert listed.keys() == {*ids}
        for visitor in visitors:
            assert visitor.clusters == listed
    report.note("browsers", count=BROWSERS, clusters=CLUSTERS, alone=alone["cpu"], **together)


def quiet(clusters: dict[str, dict[str, object]]) -> bool:
    """Whether no cluster has workers any more."""
    return all(cluster["cores"] == 0 for cluster in clusters.values())
