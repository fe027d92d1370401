"""Many clusters at the same time."""

from __future__ import annotations

import asyncio
import statistics
import time

import psutil
import pytest
from test_server import Server

from . import report
from .amounts import CLUSTERS, IN_FLIGHT
from .cycle import close, runs
from .measures import memory, seconds, settled
from .visitor import api, visit

pytestmark = [pytest.mark.system, pytest.mark.timeout(3600)]

#: Bytes that a cluster of one worker may take of this machine.
ROOM = 300 * 2**20
#: Bytes of the server's memory for each: a connection to its host, what it said last, and what waits to be freed.
BOUND = 512 * 1024
#: Times that all are asked for, and seconds in which nothing happens.
TIMES = 20
IDLE = 5


async def test_many_clusters(one: Server) -> None:
    requests = api(one)
    workers = int(psutil.virtual_memory().available > CLUSTERS * ROOM)
    async with visit(one) as visitor:
        # The first brings what the server keeps for good.
        ids = [(await requests.create(size={"workers": workers}))["id"]]
        await visitor.until(lambda clusters: runs(clusters, ids[0], workers))
        before = memory(one)
        start = asyncio.Semaphore(IN_FLIGHT)

        async def create() -> None:
            async with start:
                ids.append(cluster_id := (await requests.create(size={"workers": workers}))["id"])
                await visitor.until(lambda clusters: runs(clusters, cluster_id, workers))

        await asyncio.gather(*(create() for _ in range(CLUSTERS - 1)))
        each = (memory(one) - before) / (CLUSTERS - 1)
        listed = await requests.get("clusters")
        assert {cluster["id"] for cluster in listed} == {*ids}
        assert [(cluster["state"], cluster["workers"]["running"]) for cluster in listed] == [("running", workers)] * CLUSTERS

        times = []
        for _ in range(TIMES):
            begin = time.monotonic()
            await requests.get("clusters")
            times.append(time.monotonic() - begin)
        busy = seconds(one)
        await asyncio.sleep(IDLE)
        busy = (seconds(one) - busy) / IDLE

        begin = time.monotonic()
        await asyncio.gather(*(close(requests, cluster_id) for cluster_id in ids))
        await visitor.until(lambda clusters: clusters == {})
        closed = time.monotonic() - begin
    await settled(one)
    report.note("many", count=CLUSTERS, workers=workers, bytes=each, list=statistics.median(times), idle=busy, closed=closed)
    assert each < BOUND
