"""Browsers that come and go, hundreds a second, as after a network that was down."""

from __future__ import annotations

import asyncio
import time

import pytest
from conftest import API
from test_server import Server

from . import report
from .amounts import CLUSTERS, CONNECTIONS
from .cycle import scale
from .measures import holdings, memory, returned
from .rawstream import open_stream, reset
from .visitor import Visitor, api, connect, visit

pytestmark = [pytest.mark.system, pytest.mark.timeout(1800)]

#: Connections that are being made at the same time.
AT_ONCE = 10
#: Bytes a connection. Its handler has many times that.
BOUND = 2048
#: Memory that stays for each connection stays after every storm; what the allocator keeps for the next one after the first ones.
STORMS = 5


@pytest.mark.parametrize("crowd", [(CLUSTERS, 0.5)], indirect=True)
async def test_storm(crowd: Server) -> None:
    requests = api(crowd)
    async with visit(crowd) as visitor:
        await asyncio.gather(*(scale(requests, cluster["id"], 2000) for cluster in await requests.get("clusters")))
        quiet = holdings(crowd)
        await storm(crowd, 2 * CONNECTIONS)
        await returned(crowd, quiet)
        for _ in range(STORMS):
            before = memory(crowd)
            took, longest = await blown(crowd, requests, visitor)
            each = (memory(crowd) - before) / CONNECTIONS
            if each < BOUND:
                break
    report.note("storm", count=CONNECTIONS, seconds=took, bytes=each, longest=longest)
    assert each < BOUND


async def blown(crowd: Server, requests: API, visitor: Visitor) -> tuple[float, float]:
    """Seconds that a storm took, and the longest of a request meanwhile; a browser is told what is new all the time."""
    quiet = holdings(crowd)
    blowing = asyncio.create_task(storm(crowd, CONNECTIONS))
    start, longest, told = time.monotonic(), 0.0, visitor.messages
    while not blowing.done():
        begin = time.monotonic()
        assert len(await requests.get("clusters")) == CLUSTERS
        longest = max(longest, time.monotonic() - begin)
        await asyncio.sleep(0.1)
    await blowing
    took = time.monotonic() - start
    assert visitor.messages > told
    await returned(crowd, quiet)
    return took, longest


async def storm(server: Server, count: int) -> None:
    """Connect and disconnect so often; every second connection ends without a word."""
    numbers = iter(range(count))

    async def blow() -> None:
        for number in numbers:
            if number % 2:
                reset(await open_stream(server))
            else:
                (await connect(server)).close()

    await asyncio.gather(*(blow() for _ in range(AT_ONCE)))
