"""A local cluster from click to computed result, through the REST interface and dask's own client."""

import asyncio
import gc
import json
import resource
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from conftest import API, compute

from casa_labext import directories

pytestmark = pytest.mark.system


def port(address: str) -> int:
    return int(address.rpartition(":")[2])


def listens(number: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", number)) == 0


async def test_from_request_to_result_to_nothing_left(api: API) -> None:
    cluster = await api.create(size={"workers": 2})
    assert (cluster["state"], cluster["size"]) == ("starting", {"workers": 2})
    cluster = await api.running(cluster["id"], workers=2)
    assert await compute(cluster, "print(client.submit(sum, range(1000)).result())") == "499500"
    pids = await compute(cluster, "import os; print(*client.run(os.getpid).values(), client.run_on_scheduler(os.getpid))")
    assert len(set(pids.split())) == 3

    scheduler = port(cluster["connection"]["address"])
    directory = directories.clusters() / cluster["id"]
    record = json.loads((directory / "cluster.json").read_text())
    assert listens(scheduler)
    status, answer = await api.call("DELETE", f"clusters/{cluster['id']}")
    assert (status, answer["state"]) == (202, "closing")
    await api.gone(cluster["id"])
    assert not listens(scheduler)
    left = [path for path in (directory, Path(record["scratch"]), Path(record["socket"]).parent) if path.exists()]
    assert left == []


async def test_dashboard_is_proxied_below_the_base_url(api: API, jp_fetch: Any, jp_base_url: str) -> None:
    cluster = await api.create(size={"workers": 0})
    cluster = await api.running(cluster["id"])
    dashboard = cluster["dashboard"]
    assert dashboard.startswith(f"{jp_base_url}proxy/")
    response = await jp_fetch(*dashboard.removeprefix(jp_base_url).split("/"))
    assert b"Dask" in response.body
    addresses = {line.split()[3] for line in open_ports() if f":{dashboard.split('/')[-2]}" in line}
    assert {address.rpartition(":")[0] for address in addresses} == {"127.0.0.1"}


def open_ports() -> list[str]:
    return subprocess.run(["ss", "-Hltn"], check=True, capture_output=True, text=True).stdout.splitlines()


async def test_plain_tcp_is_refused(api: API) -> None:
    cluster = await api.create(size={"workers": 0})
    cluster = await api.running(cluster["id"])
    assert cluster["encrypted"]
    address = cluster["connection"]["address"]
    assert address.startswith("tls://")
    code = f"from distributed import Client; Client('{address.replace('tls', 'tcp', 1)}', timeout=3)"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stderr=subprocess.PIPE)
    _, errors = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode != 0
    assert address.removeprefix("tls://") in errors.decode()


async def test_certificates_are_private(api: API) -> None:
    cluster = await api.create(size={"workers": 0})
    cluster = await api.running(cluster["id"])
    for path in map(Path, cluster["connection"]["tls"].values()):
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700
    assert directories.clusters().stat().st_mode & 0o777 == 0o700


async def test_encryption_can_be_turned_off(api: API) -> None:
    cluster = await api.create(size={"workers": 1}, options={"encryption": False})
    cluster = await api.running(cluster["id"], workers=1)
    assert not cluster["encrypted"]
    assert cluster["connection"]["address"].startswith("tcp://")
    assert await compute(cluster, "print(client.submit(sum, [1, 2]).result())") == "3"


async def test_workers_are_as_asked_for(api: API) -> None:
    cluster = await api.create(size={"workers": 1}, options={"threads-per-worker": 3, "memory-limit": "300 MB"})
    cluster = await api.running(cluster["id"], workers=1)
    (worker,) = await api.get(f"clusters/{cluster['id']}/workers")
    assert (worker["cores"], worker["memory_limit"], worker["status"]) == (3, 300_000_000, "running")
    assert (cluster["cores"], cluster["memory"]["limit"]) == (3, 300_000_000)
    assert 0 < worker["memory"] < 300_000_000


async def test_workers_have_the_folder_of_the_notebooks(api: API, jp_root_dir: Path) -> None:
    cluster = await api.create(size={"workers": 1})
    cluster = await api.running(cluster["id"], workers=1)
    assert await compute(cluster, "import os; print(client.submit(os.getcwd).result())") == str(jp_root_dir)


async def test_hosts_do_not_inherit_secrets(api: API, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "abc")
    monkeypatch.setenv("MY_SECRET", "abc")
    monkeypatch.setenv("MY_SETTING", "abc")
    cluster = await api.create(size={"workers": 1})
    cluster = await api.running(cluster["id"], workers=1)
    code = "import os; print(sorted(name for name, value in client.submit(lambda: dict(os.environ)).result().items() if value == 'abc'))"
    assert await compute(cluster, code) == "['MY_SETTING']"


async def test_scaling(api: API) -> None:
    cluster = await api.create(size={"workers": 0})
    path = f"clusters/{cluster['id']}"
    await api.running(cluster["id"])
    for workers in (2, 1):
        status, answer = await api.call("POST", f"{path}/scale", {"workers": workers})
        assert (status, answer["size"]) == (200, {"workers": workers})
        cluster = await api.running(cluster["id"], workers=workers)
        assert cluster["workers"]["requested"] == workers


async def test_adaptive_follows_the_load_and_a_fixed_size_ends_it(api: API) -> None:
    cluster = await api.create(size={"minimum": 0, "maximum": 2})
    path = f"clusters/{cluster['id']}"
    cluster = await api.running(cluster["id"])
    work = asyncio.create_task(compute(cluster, "import time; print(len(client.gather(client.map(time.sleep, [0.2] * 40, pure=False))))"))
    await api.running(cluster["id"], workers=2)
    assert await work == "40"
    await api.running(cluster["id"], workers=0)
    # Asking for the same bounds again keeps them.
    for _ in range(2):
        status, answer = await api.call("POST", f"{path}/adapt", {"minimum": 1, "maximum": 2})
        assert (status, answer["size"]) == (200, {"minimum": 1, "maximum": 2})
    await api.running(cluster["id"], workers=1)
    await api.call("POST", f"{path}/scale", {"workers": 2})
    await api.running(cluster["id"], workers=2)
    # dask-labextension's clusters are back at the minimum within two seconds: adaptive went on.
    for _ in range(40):
        cluster = await api.get(path)
        assert (cluster["size"], cluster["workers"]["running"]) == ({"workers": 2}, 2)
        await asyncio.sleep(0.1)


async def test_numbers_of_tasks_and_memory(api: API) -> None:
    cluster = await api.create(size={"workers": 1})
    cluster = await api.running(cluster["id"], workers=1)
    code = "import time; fs = client.map(time.sleep, [0.5] * 12, pure=False); bad = client.submit(int, 'x'); client.gather(fs)"
    work = asyncio.create_task(compute(cluster, code))
    busy = await api.wait(cluster["id"], lambda c: c["tasks"]["processing"] > 0 and c["tasks"]["erred"] == 1)
    assert busy["tasks"]["processing"] + busy["tasks"]["waiting"] <= 13
    assert busy["memory"]["used"] > 10_000_000
    await work
    await api.wait(cluster["id"], lambda c: c["tasks"] == {"processing": 0, "waiting": 0, "erred": 0})


async def test_logs(api: API) -> None:
    cluster = await api.create(size={"workers": 1})
    cluster = await api.running(cluster["id"], workers=1)
    await compute(cluster, "client.run(lambda: print('hello from a worker'))")
    path = f"clusters/{cluster['id']}/logs"
    (host,) = await api.get(path)
    assert "hello from a worker" in host["text"]
    (scheduler,) = await api.get(path, params={"source": "scheduler"})
    assert "Scheduler at" in scheduler["text"]
    (worker,) = await api.get(path, params={"source": "workers"})
    assert "Registered to" in worker["text"]


async def test_rename(api: API) -> None:
    cluster = await api.create(name="first", size={"workers": 0})
    assert cluster["name"] == "first"
    status, answer = await api.call("PATCH", f"clusters/{cluster['id']}", {"name": "Größe 2"})
    assert (status, answer["name"]) == (200, "Größe 2")


async def test_names_of_new_clusters_differ(api: API) -> None:
    names = [(await api.create(size={"workers": 0}))["name"] for _ in range(3)]
    assert names == ["This machine", "This machine 2", "This machine 3"]


async def test_two_creates_and_two_deletes_at_once(api: API) -> None:
    first, second = await asyncio.gather(*(api.create(size={"workers": 1}) for _ in range(2)))
    assert first["id"] != second["id"]
    clusters = await asyncio.gather(*(api.running(cluster["id"], workers=1) for cluster in (first, second)))
    assert len({cluster["connection"]["address"] for cluster in clusters}) == 2
    answers = await asyncio.gather(*(api.call("DELETE", f"clusters/{first['id']}") for _ in range(2)))
    assert [status for status, _ in answers] == [202, 202]
    await api.gone(first["id"])
    assert (await api.get(f"clusters/{second['id']}"))["state"] == "running"


async def test_cancelling_a_start(api: API) -> None:
    cluster = await api.create(size={"workers": 2})
    status, _ = await api.call("DELETE", f"clusters/{cluster['id']}")
    assert status == 202
    await api.gone(cluster["id"], deadline=15)


async def test_a_machine_has_no_more_memory_than_it_has(api: API) -> None:
    cluster = await api.create(size={"workers": 3})
    cluster = await api.running(cluster["id"], workers=3)
    assert cluster["memory"]["limit"] <= psutil.virtual_memory().total


async def test_scheduler_may_open_as_many_files_as_the_system_allows(api: API) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard // 2, hard))
    try:
        cluster = await api.create(size={"workers": 0})
        cluster = await api.running(cluster["id"])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    code = "import resource\nprint(*client.run_on_scheduler(resource.getrlimit, resource.RLIMIT_NOFILE))"
    assert await compute(cluster, code) == f"{hard} {hard}"


async def test_garbage_is_looked_for_as_rarely_as_in_dask_s_own_commands(api: API) -> None:
    thresholds = tuple(3 * threshold for threshold in gc.get_threshold())
    cluster = await api.create(size={"workers": 1})
    cluster = await api.running(cluster["id"], workers=1)
    code = "import gc\nprint({client.run_on_scheduler(gc.get_threshold), *client.run(gc.get_threshold).values()})"
    assert await compute(cluster, code) == f"{{{thresholds}}}"
