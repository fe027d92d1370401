"""What a server has: whatever of it grows is a leak."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil
from conftest import DEADLINE, cluster_processes, temporary_files
from test_server import Server


def process(server: Server) -> psutil.Process:
    """The server's own process."""
    assert server.process
    return psutil.Process(server.process.pid)


def memory(server: Server) -> int:
    """Bytes that would be free without the server (USS)."""
    uss: int = process(server).memory_full_info().uss
    return uss


def seconds(server: Server) -> float:
    """CPU time of the server, without that of its children."""
    times = process(server).cpu_times()
    return times.user + times.system


@dataclass(frozen=True)
class Holdings:
    """What a server holds besides memory."""

    descriptors: int
    threads: int
    #: Also those that have ended and that nobody has waited for.
    children: int
    #: In the directory of all clusters.
    directories: int
    #: Of clusters, outside of that.
    folders: int


def holdings(server: Server) -> Holdings:
    """What a server holds now."""
    own = process(server)
    directories = list((server.folder / "runtime" / "casa-labext" / "clusters").glob("*"))
    return Holdings(own.num_fds(), own.num_threads(), len(own.children()), len(directories), len(temporary_files()))


def growth(amounts: Sequence[float], values: Sequence[float]) -> float:
    """How much the values grow with an amount, by the line that fits best."""
    return statistics.linear_regression(amounts, values).slope


async def settled(server: Server) -> None:
    """Wait until no process of a cluster is left, and of the server's one fork server at most."""
    end = time.monotonic() + DEADLINE
    own = process(server)
    while len(own.children()) > 1 or cluster_processes():
        assert time.monotonic() < end, cluster_processes()
        await asyncio.sleep(0.1)


async def returned(server: Server, before: Holdings) -> None:
    """Wait until a server holds no more descriptors than it did."""
    end = time.monotonic() + DEADLINE
    while (now := holdings(server)).descriptors > before.descriptors:
        assert time.monotonic() < end, (before, now)
        await asyncio.sleep(0.1)
