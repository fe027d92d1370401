"""Clusters that come and go leave nothing behind in their server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from conftest import API
from test_server import Server

from . import report
from .amounts import CYCLES, IN_FLIGHT
from .cycle import cycle
from .measures import Holdings, growth, holdings, memory, settled
from .visitor import Visitor, api, visit

pytestmark = [pytest.mark.system, pytest.mark.timeout(3 * 3600)]

#: Cycles between two looks at the server, of which nothing is under way then.
BATCH = max(5, CYCLES // 20)
#: Batches after which a server has what it keeps for good.
WARM = 4
#: Bytes a cycle: a cluster that is forgotten somewhere has more.
BOUND = 2048
#: Bytes that a server comes to keep for good, at most.
ONCE = 8 * 2**20


async def test_nothing_grows(one: Server) -> None:
    requests = api(one)
    sizes: list[int] = []
    held: list[Holdings] = []
    async with visit(one) as visitor:
        for _ in range(CYCLES // BATCH):
            numbers = iter(range(BATCH))
            await asyncio.gather(*(work(requests, visitor, numbers) for _ in range(IN_FLIGHT)))
            assert await requests.get("clusters") == []
            await settled(one)
            sizes.append(memory(one))
            held.append(holdings(one))
            report.note("cycles", count=BATCH * len(sizes), in_flight=IN_FLIGHT, memory=sizes[-1], bytes=grown(sizes), **vars(held[-1]))
    # A fork server may be there or not, with a socket to it.
    assert {(each.directories, each.folders) for each in held} == {(0, 0)}
    first, last = held[min(WARM, len(held) - 1)], held[-1]
    assert last.children <= 1
    assert last.descriptors <= first.descriptors + 1
    assert last.threads <= held[0].threads + IN_FLIGHT
    assert max(sizes) - sizes[0] < ONCE, sizes
    assert grown(sizes) < BOUND, sizes


def grown(sizes: list[int]) -> float:
    """Bytes a cycle, once the server is warm."""
    warm = sizes[WARM:]
    return growth([BATCH * number for number in range(len(warm))], warm) if len(warm) > WARM else 0.0


async def work(requests: API, visitor: Visitor, numbers: Iterator[int]) -> None:
    """One cycle after the other; half of them begin with a look at the form."""
    for number in numbers:
        await cycle(requests, visitor, form=number % 2 == 0)
