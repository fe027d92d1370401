"""Hosts begin as copies of a process that has imported distributed while the form was filled in."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from conftest import API, DEADLINE, cluster_processes, compute
from test_server import Server, server
from test_units import RECORD

from casa_labext import certificates, directories, forkserver
from casa_labext.host.record import Record

__all__ = ["server"]  # a fixture

pytestmark = pytest.mark.system


def fork_servers() -> set[int]:
    """Their pids."""
    return cluster_processes(fork_servers=True).keys() - cluster_processes().keys()


async def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end
        await asyncio.sleep(0.05)


async def form(api: API) -> int:
    """Look at the form; the pid of the fork server."""
    await api.get("environments", params={"profile": "local"})
    (pid,) = fork_servers()
    return pid


def host(cluster_id: str) -> psutil.Process:
    return psutil.Process(Record.load(directories.clusters() / cluster_id).pid)


async def test_hosts_are_its_copies(api: API) -> None:
    pid = await form(api)
    one, two = [await api.running((await api.create(size={"workers": 2}))["id"], workers=2) for _ in range(2)]
    assert fork_servers() == {pid}
    for cluster in (one, two):
        process = host(cluster["id"])
        assert process.ppid() == pid
        # It has a session of its own, and what they share is far more than what it has for itself.
        assert os.getsid(process.pid) == process.pid
        memory = process.memory_full_info()
        assert memory.uss < memory.rss / 2
    # Workers that are copies of one process have random numbers of their own.
    random = "import numpy\nprint(len(set(client.run(lambda: float(numpy.random.rand())).values())))"
    assert await compute(one, random) == "2"
    # Each cluster ends for itself.
    host(one["id"]).kill()
    await api.gone(one["id"])
    await api.running(two["id"], workers=2)
    assert await compute(two, "print(client.submit(sum, [1, 2]).result())") == "3"
    await api.call("DELETE", f"clusters/{two['id']}")
    await api.gone(two["id"])
    assert fork_servers() == {pid}
    assert psutil.Process(pid).children() == []


def test_certificates_have_one_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster may begin while its server stops: two that wait for one script get in each other's way, and the server never stops."""
    server = forkserver.ForkServer(RECORD)
    server.prepare_certificates()
    end, left = certificates.end, []

    def note(script: subprocess.Popen[bytes]) -> None:
        left.append(list(server._certificates))
        end(script)

    monkeypatch.setattr(certificates, "end", note)
    server.end()
    assert left == [[]]


async def test_what_is_configured_meanwhile_counts(api: API, dask_config: Callable[[str], Path]) -> None:
    dask_config("color: red")
    pid = await form(api)
    await api.running((await api.create(size={"workers": 0}))["id"])
    dask_config("color: green")
    cluster = await api.create(size={"workers": 1})
    cluster = await api.running(cluster["id"], workers=1)
    assert await compute(cluster, "import dask\nprint(client.run_on_scheduler(lambda: dask.config.get('color')))") == "green"
    # What it has imported is of yesterday.
    await until(lambda: pid not in fork_servers())
    await api.running((await api.create(size={"workers": 0}))["id"])
    assert len(fork_servers()) == 1


async def test_what_is_installed_meanwhile_counts(api: API, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    pid = await form(api)
    await api.running((await api.create(size={"workers": 0}))["id"])
    (tmp_path / "installed.py").write_text("")
    await api.running((await api.create(size={"workers": 0}))["id"])
    await until(lambda: pid not in fork_servers())


async def test_is_kept_as_long_as_it_is_of_use(api: API, monkeypatch: pytest.MonkeyPatch, dask_config: Callable[[str], Path]) -> None:
    dask_config("casa-labext: {profiles: {other: {kind: factory, settings: {module: distributed, class: LocalCluster}}}}")
    monkeypatch.setattr(forkserver, "LIFETIME", 1)
    pid = await form(api)
    # A form for another kind of cluster needs another one.
    await api.get("environments", params={"profile": "other"})
    await until(lambda: len(fork_servers()) == 1 and fork_servers() != {pid})
    await until(lambda: fork_servers() == set())
    cluster = await api.create(size={"workers": 0})
    await api.running(cluster["id"])
    (pid,) = fork_servers()
    await api.get("environments", params={"profile": "other"})
    await until(lambda: len(fork_servers()) == 2)
    await until(lambda: fork_servers() == {pid})
    await api.call("DELETE", f"clusters/{cluster['id']}")
    await api.gone(cluster["id"])
    await until(lambda: fork_servers() == set())


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
async def test_does_without_one_that_was_killed_or_hangs(api: API, monkeypatch: pytest.MonkeyPatch, how: signal.Signals) -> None:
    monkeypatch.setattr(forkserver, "PATIENCE", 1)
    os.kill(await form(api), how)
    cluster = await api.create(size={"workers": 1})
    await api.running(cluster["id"], workers=1)
    await api.call("DELETE", f"clusters/{cluster['id']}")
    await api.gone(cluster["id"])


def test_ends_with_a_server_that_was_killed(server: Callable[..., Server]) -> None:
    one = server()
    cluster = one.call("POST", "clusters", {"profile": "local", "size": {"workers": 1}})
    one.running(cluster["id"], workers=1)
    assert len(fork_servers()) == 1
    one.end(signal.SIGKILL)
    one.wait(lambda: not fork_servers())
    # Its hosts do not.
    one.start()
    one.running(cluster["id"], workers=1)


async def test_without_encryption(api: API) -> None:
    await form(api)
    cluster = await api.create(size={"workers": 0}, options={"encryption": False})
    cluster = await api.running(cluster["id"])
    assert cluster["connection"]["address"].startswith("tcp://")
    # The certificates that were made for it are those of the next cluster; what made them is not left as a zombie then.
    await api.running((await api.create(size={"workers": 0}))["id"])
    assert [child for child in psutil.Process().children() if child.status() == psutil.STATUS_ZOMBIE] == []
