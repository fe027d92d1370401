"""Browsers that never read cost the server nothing, and nobody else anything."""

from __future__ import annotations

import asyncio

import pytest
from test_server import Server

from . import report
from .amounts import CHANGES
from .cycle import scale
from .measures import holdings, memory, returned
from .rawstream import open_stream
from .visitor import api, visit

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800)]

#: Clusters that change, and seconds between two changes of each.
CROWD = (5, 0.005)
#: Browsers that do not read.
READERS = 20
#: Part of what one of them was told that the server may have more: nothing was kept for any of them.
BOUND = 0.5


@pytest.mark.parametrize("crowd", [CROWD], indirect=True)
async def test_slow_readers_cost_no_memory(crowd: Server) -> None:
    requests = api(crowd)
    ids = [cluster["id"] for cluster in await requests.get("clusters")]
    async with visit(crowd) as visitor:
        await visitor.until(bool)
        quiet = holdings(crowd)
        readers = [await open_stream(crowd) for _ in range(READERS)]
        await asyncio.gather(*(scale(requests, cluster_id, 2000) for cluster_id in ids))
        # At first all buffers fill, the kernel's as well.
        await visitor.until(lambda _: visitor.messages > CHANGES // 10)
        told, before = visitor.bytes, memory(crowd)
        messages = visitor.messages
        # Who reads is served, and requests are answered.
        while visitor.messages - messages < CHANGES:
            assert len(await requests.get("clusters")) == len(ids)
            await asyncio.sleep(0.1)
        grown, told = memory(crowd) - before, visitor.bytes - told
        await asyncio.gather(*(scale(requests, cluster_id, 0) for cluster_id in ids))
        for reader in readers:
            reader.close()
        await returned(crowd, quiet)
    report.note("slow", count=READERS, changes=CHANGES, told=told, grown=grown)
    assert grown < BOUND * told
