"""A cluster with very many workers."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest
from conftest import DEADLINE, JSON
from test_server import Server

from bench.jupyter import ROOT
from casa_labext.host.record import Record

from . import report
from .amounts import SECONDS, WORKERS
from .cycle import close, runs
from .measures import seconds, settled
from .visitor import api, visit

pytestmark = [pytest.mark.system, pytest.mark.timeout(3600)]

#: Processes in which the workers are.
PROCESSES = 4
#: Seconds for all to connect.
PATIENCE = 1500
#: Bytes by which what a panel gets may be longer: figures have more digits.
DIGITS = 64


async def test_many_workers(one: Server) -> None:
    requests = api(one)
    async with visit(one) as visitor:
        cluster_id = (await requests.create(size={"workers": 0}))["id"]
        await visitor.until(lambda clusters: runs(clusters, cluster_id, 0))
        empty = visitor.clusters[cluster_id]
        host = psutil.Process(Record.load(one.folder / "runtime" / "casa-labext" / "clusters" / cluster_id).pid)
        longest = 0.0
        with workers(empty):
            coming = asyncio.create_task(visitor.until(lambda clusters: runs(clusters, cluster_id, WORKERS), PATIENCE))
            # Whoever looks meanwhile is answered.
            while not coming.done():
                begin = time.monotonic()
                await requests.get("clusters")
                longest = max(longest, time.monotonic() - begin)
                await asyncio.sleep(0.1)
            await coming
            (full,) = await requests.get("clusters")
            assert full["cores"] == WORKERS
            assert full["memory"]["limit"] == min(WORKERS * 2**30, full["memory"]["limit"])
            assert len(json.dumps(full)) < len(json.dumps(empty)) + DIGITS
            begin = time.monotonic()
            listed = await requests.get(f"clusters/{cluster_id}/workers")
            details = time.monotonic() - begin
            assert len({worker["address"] for worker in listed}) == WORKERS
            busy = seconds(one), cpu(host), visitor.bytes
            begin = time.monotonic()
            await asyncio.sleep(SECONDS)
            took = time.monotonic() - begin
            server_cpu, host_cpu, told = (
                (now - then) / took for now, then in zip((seconds(one), cpu(host), visitor.bytes), busy, strict=True)
            )
        await visitor.until(lambda clusters: runs(clusters, cluster_id, 0), PATIENCE)
        await close(requests, cluster_id)
        await visitor.until(lambda clusters: clusters == {})
    await settled(one)
    size = len(json.dumps(listed))
    report.note("workers", count=WORKERS, longest=longest, details=details, size=size, server=server_cpu, host=host_cpu, told=told)


def cpu(host: psutil.Process) -> float:
    """CPU time of a host, in seconds."""
    times = host.cpu_times()
    return times.user + times.system


@contextmanager
def workers(cluster: JSON) -> Iterator[None]:
    """Very many workers of a cluster, in a few processes."""
    command = [sys.executable, "-m", "bench.workers", json.dumps(cluster["connection"])]
    made = [subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) for _ in range(PROCESSES)]
    try:
        for each in made:
            assert each.stdin
            each.stdin.write(b"%d\n" % (WORKERS // PROCESSES))
            each.stdin.flush()
        yield
    finally:
        for each in made:
            assert each.stdin
            each.stdin.close()
        for each in made:
            each.wait(DEADLINE)
