"""A host that waits for its cluster while the form is filled in."""

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from conftest import API, DEADLINE, cluster_processes, compute
from test_server import Server, server

from casa_labext import directories
from casa_labext.host.record import Record

__all__ = ["server"]  # a fixture

pytestmark = pytest.mark.system


async def waits(api: API) -> int:
    """Look at the form; the pid of the host that waits and has all that it needs."""
    await api.get("environments", params={"profile": "local"})
    end = time.monotonic() + DEADLINE
    while True:
        for pid, command in cluster_processes().items():
            # The process of which workers are copies comes last.
            if "standby" in command and len(psutil.Process(pid).children()) == 2:
                return pid
        assert time.monotonic() < end
        await asyncio.sleep(0.1)


def host(cluster_id: str) -> int:
    return Record.load(directories.clusters() / cluster_id).pid


async def test_gets_the_cluster(api: API) -> None:
    waiting = await waits(api)
    cluster = await api.create(size={"workers": 2})
    cluster = await api.running(cluster["id"], workers=2)
    assert host(cluster["id"]) == waiting
    # Workers that are copies of one process have random numbers of their own.
    random = "import numpy\nprint(len(set(client.run(lambda: float(numpy.random.rand())).values())))"
    assert await compute(cluster, random) == "2"
    await api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 1})
    await api.running(cluster["id"], workers=1)
    psutil.Process(waiting).kill()
    await api.gone(cluster["id"])


async def test_what_is_configured_meanwhile_counts(api: API, dask_config: Callable[[str], Path]) -> None:
    dask_config("color: red")
    waiting = await waits(api)
    dask_config("color: green")
    cluster = await api.create(size={"workers": 1})
    cluster = await api.running(cluster["id"], workers=1)
    assert host(cluster["id"]) == waiting
    assert await compute(cluster, "import dask\nprint(client.run_on_scheduler(lambda: dask.config.get('color')))") == "green"
    await api.call("DELETE", f"clusters/{cluster['id']}")
    await api.gone(cluster["id"])


async def test_another_kind_of_cluster_gets_another_host(api: API, dask_config: Callable[[str], Path]) -> None:
    dask_config("casa-labext: {profiles: {other: {kind: factory, settings: {module: distributed, class: LocalCluster}}}}")
    waiting = await waits(api)
    await api.get("environments", params={"profile": "other"})
    end = time.monotonic() + DEADLINE
    while waiting in cluster_processes():
        assert time.monotonic() < end
        await asyncio.sleep(0.1)
    cluster = await api.create(size={"workers": 1})
    await api.running(cluster["id"], workers=1)
    await api.call("DELETE", f"clusters/{cluster['id']}")
    await api.gone(cluster["id"])


async def test_a_host_that_was_killed_is_replaced(api: API) -> None:
    psutil.Process(await waits(api)).kill()
    cluster = await api.create(size={"workers": 1})
    await api.running(cluster["id"], workers=1)
    await api.call("DELETE", f"clusters/{cluster['id']}")
    await api.gone(cluster["id"])


def test_ends_with_a_server_that_was_killed(server: Callable[..., Server]) -> None:
    one = server()
    one.get("environments?profile=local")
    assert cluster_processes()
    one.end(signal.SIGKILL)
    one.wait(lambda: not cluster_processes())


async def test_without_encryption(api: API) -> None:
    waiting = await waits(api)
    cluster = await api.create(size={"workers": 0}, options={"encryption": False})
    cluster = await api.running(cluster["id"])
    assert host(cluster["id"]) == waiting
    assert cluster["connection"]["address"].startswith("tcp://")
    # What had made certificates for it is not left as a zombie.
    assert [child for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE] == []
