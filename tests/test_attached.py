"""Schedulers that somebody else runs."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import yaml
from conftest import API, JSON, compute
from systems.ports import free_port
from test_encryption import Secrets

from casa_labext import discovery, encryption

pytestmark = pytest.mark.system


@contextmanager
def scheduler(config: JSON, *, port: int = 0, file: Path | None = None) -> Iterator[JSON]:
    """An encrypted scheduler with a worker, started by hand: what its scheduler file says."""
    path = file or Path(config["folder"]) / "scheduler.json"
    module, options = [sys.executable, "-m"], ["--scheduler-file", str(path)]
    serving = ["--protocol", "tls", "--host", "127.0.0.1", "--port", str(port), "--dashboard-address", "127.0.0.1:0"]
    commands = [
        [*module, "distributed.cli.dask_scheduler", *options, *serving],
        [*module, "distributed.cli.dask_worker", *options, "--no-nanny", "--nthreads", "1"],
    ]
    started = []
    try:
        for command in commands:
            started.append(subprocess.Popen(command, env=config["environ"], stderr=subprocess.DEVNULL))
            end = time.monotonic() + 30
            while not path.exists():
                assert time.monotonic() < end
                time.sleep(0.1)
        yield json.loads(path.read_text())
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(10)
        path.unlink(missing_ok=True)


@pytest.fixture
def facility(tmp_path: Path, dask_config: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> JSON:
    """Certificates, and a configuration that names them; the environment of those who use it."""
    secrets = Secrets(tmp_path / "secrets")
    port = free_port()
    path = dask_config(yaml.safe_dump({"distributed": {"comm": secrets.comm()}, "casa-labext": {"discover": [f"tls://localhost:{port}"]}}))
    environ = {"PATH": str(Path(sys.executable).parent), "DASK_CONFIG": str(path)}
    return {"port": port, "folder": str(tmp_path), "environ": environ}


async def attach(api: API, **options: str) -> JSON:
    cluster = await api.create("attached", options=options)
    return await api.wait(cluster["id"], lambda cluster: cluster["state"] not in ("starting", "closing"), deadline=30)


async def test_client_tls_localhost_8786_is_discovered_and_left_alone(facility: JSON, api: API) -> None:
    assert await api.get("clusters") == []
    with scheduler(facility, port=facility["port"]) as identity:
        end = time.monotonic() + 30
        while not (found := await api.get("clusters")):
            assert time.monotonic() < end
            await asyncio.sleep(0.2)
        cluster = await api.running(found[0]["id"], workers=1)
        assert [cluster[name] for name in ("kind", "attached", "scales", "encrypted")] == ["attached", True, False, True]
        assert cluster["name"] == f"tls://localhost:{facility['port']}"
        assert cluster["connection"]["snippet"].splitlines()[2] == f'client = Client("tls://localhost:{facility["port"]}")'
        assert await compute(cluster, "print(client.submit(lambda: 1 + 1).result())", environ=facility["environ"]) == "2"
        assert cluster["dashboard"] == f"/a%40b/proxy/{identity['services']['dashboard']}/status"
        assert cluster["warnings"] == []
        workers = await api.get(f"clusters/{cluster['id']}/workers")
        assert [worker["cores"] for worker in workers] == [1]
        status, answer = await api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 3})
        assert (status, answer["message"]) == (409, "Somebody else made the cluster: it cannot be scaled from here.")
        status, _ = await api.call("DELETE", f"clusters/{cluster['id']}")
        assert status == 202
        await api.gone(cluster["id"])
        # It still works, and it is not attached again against the user's will.
        assert await compute(cluster, "print(client.submit(lambda: 1 + 1).result())", environ=facility["environ"]) == "2"
        await asyncio.sleep(2 * discovery.INTERVAL)
        assert await api.get("clusters") == []


async def test_a_scheduler_file(facility: JSON, api: API, tmp_path: Path) -> None:
    file = tmp_path / "my scheduler.json"
    with scheduler(facility, file=file) as identity:
        cluster = await attach(api, **{"scheduler-file": str(file)})
        cluster = await api.running(cluster["id"], workers=1)
        assert cluster["connection"]["address"] == identity["address"]
        process = psutil.Process(identity_pid(identity))
    # The scheduler has ended: so it is said, and it can be removed.
    cluster = await api.wait(cluster["id"], lambda cluster: cluster["state"] == "failed", deadline=90)
    assert cluster["reason"] == "The scheduler has gone."
    assert not process.is_running()


def identity_pid(identity: JSON) -> int:
    port = int(identity["address"].rpartition(":")[2])
    return next(c.pid for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == port and c.status == "LISTEN" and c.pid)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"address": "tcp://127.0.0.1:{free}"}, "No scheduler answers at tcp://127.0.0.1:"),
        ({"scheduler-file": "/nowhere/scheduler.json"}, "The scheduler file /nowhere/scheduler.json cannot be used"),
    ],
)
async def test_nothing_answers(options: JSON, reason: str, api: API) -> None:
    cluster = await attach(api, **{key: value.format(free=free_port()) for key, value in options.items()})
    assert cluster["state"] == "failed"
    assert cluster["reason"].startswith(reason)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "Either an address or a scheduler file is needed."),
        ({"address": "tcp://a:1", "scheduler-file": "b"}, "Either an address or a scheduler file is needed."),
        ({"address": "tls://localhost:8786"}, "It wants encryption, and dask's configuration names no certificates for clients."),
        ({"address": "http://169.254.169.254:80"}, None),
        ({"address": "tcp://localhost:8786/x"}, None),
    ],
)
async def test_addresses_that_make_no_sense(options: JSON, message: str | None, api: API) -> None:
    status, answer = await api.call("POST", "clusters", {"profile": "attached", "options": options})
    assert (status, answer["field"]) == (400, "options.address")
    assert message in (None, answer["message"])


async def test_no_tcp_where_encryption_is_required(facility: JSON, api: API) -> None:
    status, answer = await api.call("POST", "clusters", {"profile": "attached", "options": {"address": "tcp://localhost:1"}})
    assert (status, answer["message"]) == (400, "It is not encrypted, and dask's configuration requires encryption.")


async def test_only_the_facilitys_own_scheduler_is_found(tmp_path: Path) -> None:
    """Anybody can listen on a port of a shared machine."""
    (mine := Secrets(tmp_path / "mine")).sign()
    theirs = Secrets(tmp_path / "theirs")
    config = tmp_path / "theirs.yaml"
    config.write_text(yaml.safe_dump({"distributed": {"comm": theirs.comm()}}))
    environ = {"PATH": str(Path(sys.executable).parent), "DASK_CONFIG": str(config)}
    with scheduler({"folder": str(tmp_path), "environ": environ}) as identity:
        assert await discovery.listens(identity["address"], encryption.read(theirs.comm()))
        assert not await discovery.listens(identity["address"], encryption.read(mine.comm()))
        assert not await discovery.listens(identity["address"], encryption.read({}))
    assert not await discovery.listens(identity["address"], encryption.read(theirs.comm()))
