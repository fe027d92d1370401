"""Managers that fail, and processes that are killed: a clear word on the card, and nothing left behind."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import API, cluster_processes, compute

from casa_labext import directories
from casa_labext.cluster import Cluster
from casa_labext.host.record import Record

pytestmark = pytest.mark.system

PROFILES = """
casa-labext:
  timeouts: {{start: {start}, scale: 5, close: 3, orphan: {orphan}}}
  profiles:
    faulty:
      kind: factory
      title: Faulty
      settings:
        module: {module}
        class: {name}
        kwargs: {kwargs}
"""


@pytest.fixture
def faulty(dask_config: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Configure the profile `faulty` on a class of factories.py."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))

    def configure(name: str, module: str = "factories", kwargs: str = "{n-workers: 0}", start: float = 30, orphan: float = 60) -> None:
        dask_config(PROFILES.format(name=name, module=module, kwargs=kwargs, start=start, orphan=orphan))

    return configure


async def failed(api: API, reason: str, **request: Any) -> Any:
    """Create a cluster of the faulty profile, wait for its failure, and look at everything that must hold then."""
    cluster = await api.create("faulty", **request)
    cluster = await api.wait(cluster["id"], lambda c: c["state"] == "failed", deadline=30)
    assert reason in cluster["reason"]
    assert "\n" not in cluster["reason"]
    assert cluster_processes() == {}
    return cluster


async def removable(api: API, cluster: Any) -> None:
    """A card can be removed, and then nothing is left."""
    directory = directories.clusters() / cluster["id"]
    status, _ = await api.call("DELETE", f"clusters/{cluster['id']}")
    assert status == 202
    await api.gone(cluster["id"], deadline=15)
    assert not directory.exists()


async def test_factory_that_raises(api: API, faulty: Callable[..., None]) -> None:
    faulty("RaisesInConstructor")
    cluster = await failed(api, "the site is closed on Sundays")
    (log,) = await api.get(f"clusters/{cluster['id']}/logs")
    assert "Traceback" in log["text"]
    await removable(api, cluster)


async def test_factory_that_raises_late(api: API, faulty: Callable[..., None]) -> None:
    faulty("RaisesLate")
    await removable(api, await failed(api, "the batch system went away"))


async def test_factory_without_its_module(api: API, faulty: Callable[..., None]) -> None:
    faulty("Cluster", module="no_such_module")
    cluster = await failed(api, "No module named 'no_such_module'")
    assert sys.executable in cluster["hint"]
    await removable(api, cluster)


async def test_factory_without_its_class(api: API, faulty: Callable[..., None]) -> None:
    faulty("NoSuchClass")
    await removable(api, await failed(api, "no attribute 'NoSuchClass'"))


async def test_factory_with_a_wrong_argument(api: API, faulty: Callable[..., None]) -> None:
    faulty("HangsInClose", kwargs="{dashboard-adress: 1}")
    await removable(api, await failed(api, "dashboard_adress"))


@pytest.mark.parametrize("name", ["BlocksInConstructor", "HangsInStart"])
async def test_factory_that_never_gets_ready(api: API, faulty: Callable[..., None], name: str) -> None:
    faulty(name, start=2)
    cluster = await api.create("faulty")
    longest = 0.0
    while cluster["state"] != "failed":
        start = time.monotonic()
        cluster = await api.get(f"clusters/{cluster['id']}")
        longest = max(longest, time.monotonic() - start)
        await asyncio.sleep(0.05)
    assert longest < 1
    assert "not done within 2 s" in cluster["reason"]
    await removable(api, cluster)


async def test_cancelling_a_start_that_blocks(api: API, faulty: Callable[..., None]) -> None:
    faulty("BlocksInConstructor", start=600)
    cluster = await api.create("faulty")
    await api.wait(cluster["id"], lambda c: c["activity"] == "Starting the scheduler")
    await api.call("DELETE", f"clusters/{cluster['id']}")
    cluster = await api.wait(cluster["id"], lambda c: c["state"] == "close_failed")
    await removable(api, cluster)


async def test_close_that_hangs(api: API, faulty: Callable[..., None]) -> None:
    faulty("HangsInClose")
    cluster = await api.create("faulty", size={"workers": 1})
    cluster = await api.running(cluster["id"], workers=1)
    port = int(cluster["connection"]["address"].rpartition(":")[2])
    await api.call("DELETE", f"clusters/{cluster['id']}")
    cluster = await api.wait(cluster["id"], lambda c: c["state"] == "close_failed", deadline=20)
    assert "not done within 3 s" in cluster["reason"]
    assert cluster_processes() == {}
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    await removable(api, cluster)


async def test_scale_that_fails(api: API, faulty: Callable[..., None]) -> None:
    faulty("FailsToScale")
    cluster = await api.create("faulty", size={"workers": 1})
    await api.running(cluster["id"], workers=1)
    status, answer = await api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 2})
    assert status == 503
    assert "no more than one worker on Mondays" in answer["message"]
    cluster = await api.get(f"clusters/{cluster['id']}")
    assert (cluster["state"], cluster["size"]) == ("running", {"workers": 1})


async def test_retry(api: API, faulty: Callable[..., None], tmp_path: Path) -> None:
    faulty("LocalCluster", module="fixed_later")
    cluster = await failed(api, "fixed_later", size={"workers": 1})
    module = tmp_path / "fixed_later.py"
    os.environ["PYTHONPATH"] = str(tmp_path)  # the fixture `faulty` restores it
    module.write_text("from distributed import LocalCluster\n")
    status, answer = await api.call("POST", f"clusters/{cluster['id']}/retry")
    assert (status, answer["state"]) == (202, "starting")
    await api.running(cluster["id"], workers=1)


async def test_a_scheduler_in_a_process_of_its_own(api: API, faulty: Callable[..., None]) -> None:
    faulty("SubprocessCluster", module="distributed", kwargs="{}")
    cluster = await api.create("faulty", size={"workers": 1})
    cluster = await api.running(cluster["id"], workers=1)
    assert not cluster["encrypted"]
    assert len(await api.get(f"clusters/{cluster['id']}/workers")) == 1
    await removable(api, cluster)


async def test_client_that_shuts_the_scheduler_down(api: API) -> None:
    cluster = await api.create(size={"workers": 1})
    cluster = await api.running(cluster["id"], workers=1)
    await compute(cluster, "client.shutdown()")
    cluster = await api.wait(cluster["id"], lambda c: c["state"] == "failed", deadline=20)
    assert "A client may have shut it down" in cluster["reason"]
    assert cluster["connection"] is None
    assert cluster_processes() == {}
    await removable(api, cluster)


async def test_killed_worker_comes_back(api: API) -> None:
    cluster = await api.create(size={"workers": 1})
    cluster = await api.running(cluster["id"], workers=1)
    pid = int(await compute(cluster, "import os; print(client.submit(os.getpid).result())"))
    os.kill(pid, signal.SIGKILL)
    await api.wait(cluster["id"], lambda c: c["workers"]["starting"] == 1 and c["workers"]["running"] == 0)
    cluster = await api.running(cluster["id"], workers=1)
    assert int(await compute(cluster, "import os; print(client.submit(os.getpid).result())")) != pid


async def test_killed_host(api: API, jp_ws_fetch: Any) -> None:
    cluster = await api.create(size={"workers": 2})
    await api.running(cluster["id"], workers=2)
    stream = await jp_ws_fetch("casa-labext", "api", "stream")
    directory = directories.clusters() / cluster["id"]
    os.kill(Record.load(directory).pid, signal.SIGKILL)
    await api.gone(cluster["id"], deadline=15)
    assert cluster_processes() == {}
    assert not directory.exists()
    message = ""
    while '"removed"' not in message:
        message = await asyncio.wait_for(stream.read_message(), 5)
    assert "The process that owned the cluster died" in message
    stream.close()


async def test_what_is_asked_while_the_end_is_cleared_up(api: API, monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = await api.create(size={"workers": 0})
    await api.running(cluster["id"])
    kill, cleared = Cluster.kill, asyncio.Event()

    async def wait_and_kill(self: Cluster) -> None:
        await cleared.wait()
        await kill(self)

    monkeypatch.setattr(Cluster, "kill", wait_and_kill)
    os.kill(Record.load(directories.clusters() / cluster["id"]).pid, signal.SIGKILL)
    end, status = time.monotonic() + 30, 0
    while status != 409:
        status, answer = await api.call("GET", f"clusters/{cluster['id']}/workers")
        assert status in (200, 503, 409), answer
        assert time.monotonic() < end
    cleared.set()
    await api.gone(cluster["id"], deadline=15)


async def test_stopped_host(api: API) -> None:
    cluster = await api.create(size={"workers": 0})
    await api.running(cluster["id"])
    host = psutil.Process(Record.load(directories.clusters() / cluster["id"]).pid)
    host.suspend()
    try:
        stopped = await api.wait(cluster["id"], lambda c: c["state"] == "degraded", deadline=15)
        assert stopped["reason"] == "The cluster's process does not answer."
    finally:
        host.resume()
    await api.running(cluster["id"])


async def test_environment_without_distributed(api: API, tmp_path: Path, jp_serverapp: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH")  # pytest-jupyter puts all of this environment there
    python = tmp_path / "bare" / "bin" / "python"
    venv.create(tmp_path / "bare")
    folder = tmp_path / "kernels" / "bare"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(f'{{"argv": ["{python}"], "display_name": "Bare", "language": "python"}}')
    own = tmp_path / "kernels" / "own"
    own.mkdir()
    (own / "kernel.json").write_text('{"argv": ["python"], "display_name": "Own", "language": "python"}')
    jp_serverapp.kernel_spec_manager.kernel_dirs.append(str(folder.parent))
    environments = {environment["name"]: environment for environment in await api.get("environments")}
    assert environments.keys() == {"server", "bare"}  # the server's own is listed once
    assert environments["server"]["unusable"] is None
    assert environments["server"]["versions"]["distributed"]
    assert "distributed is not installed" in environments["bare"]["unusable"]
    cluster = await api.create(environment="bare")
    cluster = await api.wait(cluster["id"], lambda c: c["state"] == "failed")
    assert "ModuleNotFoundError: No module named" in cluster["reason"]
    await removable(api, cluster)


async def test_malformed_dask_configuration(api: API, dask_config: Callable[[str], Path]) -> None:
    path = dask_config("distributed: {comm: [}\n")
    answer = await api.get("profiles")
    assert "local" in [profile["name"] for profile in answer["profiles"]]
    assert any(str(path) in problem["message"] for problem in answer["problems"])
    cluster = await api.create()
    cluster = await api.wait(cluster["id"], lambda c: c["state"] == "failed")
    assert str(path) in cluster["reason"]
    await removable(api, cluster)


@pytest.fixture
def full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A runtime directory on a file system without a free block."""
    folder = tmp_path / "full"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False)
    if mounted.returncode:
        if os.environ.get("CI"):
            pytest.fail("A file system cannot be mounted.")
        pytest.skip("Mounting a small file system needs root.")
    (folder / "casa-labext" / "clusters").mkdir(parents=True)
    try:
        (folder / "filler").write_bytes(b"x" * 200_000)
    except OSError:
        pass
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(folder))
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_full_disk(api: API, full_disk: Path) -> None:
    cluster = await api.create()
    cluster = await api.wait(cluster["id"], lambda c: c["state"] == "failed")
    assert "No space left on device" in cluster["reason"]
    assert list((full_disk / "casa-labext" / "clusters").iterdir()) == []
    (full_disk / "filler").unlink()
    status, _ = await api.call("POST", f"clusters/{cluster['id']}/retry")
    assert status == 202
    cluster = await api.wait(cluster["id"], lambda c: c["state"] in ("running", "failed"))
    assert cluster["state"] == "running", cluster["reason"]
    await api.call("DELETE", f"clusters/{cluster['id']}")
    await api.gone(cluster["id"])
