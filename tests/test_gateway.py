"""Clusters of a real Dask Gateway."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import API, JSON, compute
from systems.batch.fixtures import unavailable
from systems.gateway.gateway import GatewayError, GatewayServer, missing

from casa_labext import directories
from casa_labext.host.record import Record

pytestmark = pytest.mark.system

USER = "ada"


@pytest.fixture(scope="module")
def gateway_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayServer]:
    if reason := missing():
        unavailable(reason)
    try:
        server = GatewayServer(tmp_path_factory.mktemp("gateway"))
    except GatewayError as error:
        unavailable(str(error))
    yield server
    server.stop()


@pytest.fixture
def gateway(gateway_server: GatewayServer, dask_config: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[GatewayServer]:
    """The gateway, as a facility offers it; no cluster may be left on it."""
    dask_config("""
casa-labext:
  profiles:
    gateway:
      kind: gateway
      bounds: {worker-memory: {maximum: 1}}
      options: {worker-memory: 0.4}
      locked: [image]
      hidden: [gpu]
""")
    for name, value in gateway_server.environ(USER).items():
        monkeypatch.setenv(name, value)
    yield gateway_server
    assert on_gateway(gateway_server) == []


def terminal(gateway: GatewayServer, code: str) -> str:
    """What a user does in a terminal, with `gateway` of dask_gateway."""
    program = f"from dask_gateway import Gateway\nwith Gateway() as gateway:\n    {code}"
    environ = {**os.environ, **gateway.environ(USER)}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def on_gateway(gateway: GatewayServer) -> list[str]:
    """The user's clusters."""
    return terminal(gateway, "print(*[report.name for report in gateway.list_clusters()])").split()


async def profile(api: API) -> JSON:
    found: JSON = next(profile for profile in (await api.get("profiles"))["profiles"] if profile["name"] == "gateway")
    return found


async def closed(api: API, cluster: JSON) -> None:
    await api.call("DELETE", f"clusters/{cluster['id']}")
    await api.gone(cluster["id"])


async def test_the_form_is_as_the_gateway_declares(gateway: GatewayServer, api: API) -> None:
    found = await profile(api)
    assert found["unavailable"] is None
    properties = found["schema"]["properties"]
    assert list(properties) == ["worker-cores", "worker-memory", "flavour", "image", "environment", "connect-to"]
    assert properties["worker-cores"] == {"type": "integer", "title": "Cores", "default": 1, "minimum": 1, "maximum": 2}
    assert (properties["worker-memory"]["default"], properties["worker-memory"]["maximum"]) == (0.4, 1)
    assert properties["flavour"]["enum"] == ["small", "big"]
    assert properties["image"]["readOnly"]
    for options, field in (
        ({"worker-cores": 3}, "options.worker-cores"),
        ({"flavour": "huge"}, "options.flavour"),
        ({"image": "mine"}, "options.image"),
        ({"gpu": True}, "options.gpu"),
        ({"cores": 1}, "options.cores"),
        ({"connect-to": "nothing"}, "options.connect-to"),
    ):
        status, answer = await api.call("POST", "clusters", {"profile": "gateway", "options": options})
        assert (status, answer["field"]) == (400, field), answer


async def test_a_cluster(gateway: GatewayServer, api: API) -> None:
    options = {"worker-cores": 2, "environment": {"FLAVOUR": "up"}}
    cluster = await api.create("gateway", size={"workers": 2}, options=options)
    cluster = await api.running(cluster["id"], workers=2)
    (name,) = on_gateway(gateway)
    assert cluster["encrypted"]
    assert cluster["cores"] == 4
    assert cluster["connection"]["address"].endswith(f"/{name}")
    assert cluster["dashboard"] == f"{gateway.url}/clusters/{name}/status"
    environ = gateway.environ(USER)
    code = "import os\nprint(client.submit(os.getenv, 'FLAVOUR').result())"
    assert await compute(cluster, code, environ=environ) == "up"
    await api.get(f"clusters/{cluster['id']}/workers")
    assert (await api.get(f"clusters/{cluster['id']}/logs", params={"source": "scheduler"}))[0]["text"]

    status, _ = await api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 1})
    assert status == 200
    await api.running(cluster["id"], workers=1)
    status, answer = await api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 9})
    assert status == 503, answer
    assert "4" in answer["message"]
    status, _ = await api.call("POST", f"clusters/{cluster['id']}/adapt", {"minimum": 0, "maximum": 3})
    assert status == 200
    await api.running(cluster["id"], workers=0)
    work = "import time\nfutures = client.map(time.sleep, [3] * 12, pure=False)\nclient.gather(futures)\nprint('done')"
    working = asyncio.create_task(compute(cluster, work, environ=environ))
    await api.wait(cluster["id"], lambda cluster: bool(cluster["workers"]["running"] >= 2))
    assert await working == "done"

    status, answer = await api.call("PUT", f"clusters/{cluster['id']}/default")
    assert (status, "bare Client()" in answer["message"]) == (409, True)
    await closed(api, cluster)


async def test_a_cluster_that_runs_already_is_left(gateway: GatewayServer, api: API) -> None:
    name = terminal(gateway, "cluster = gateway.new_cluster(shutdown_on_close=False); cluster.scale(1); print(cluster.name)")
    found = await profile(api)
    assert [choice["const"] for choice in found["schema"]["properties"]["connect-to"]["oneOf"]] == ["", name]
    cluster = await api.create("gateway", options={"connect-to": name}, size={"workers": 3})
    cluster = await api.running(cluster["id"], workers=1)
    assert (cluster["size"], cluster["attached"], cluster["scales"]) == ({"workers": 1}, True, True)
    assert await compute(cluster, "print(client.submit(sum, [1, 2]).result())", environ=gateway.environ(USER)) == "3"
    await closed(api, cluster)
    assert on_gateway(gateway) == [name]
    terminal(gateway, f"gateway.stop_cluster({name!r})")


async def test_a_cluster_that_is_stopped_elsewhere(gateway: GatewayServer, api: API) -> None:
    cluster = await api.create("gateway", size={"workers": 0})
    await api.running(cluster["id"])
    (name,) = on_gateway(gateway)
    terminal(gateway, f"gateway.stop_cluster({name!r})")
    cluster = await api.wait(cluster["id"], lambda cluster: bool(cluster["state"] == "failed"))
    assert "stopped elsewhere" in cluster["reason"]
    await closed(api, cluster)


async def test_the_cluster_of_a_killed_host_is_stopped(gateway: GatewayServer, api: API) -> None:
    cluster = await api.create("gateway", size={"workers": 1})
    await api.running(cluster["id"], workers=1)
    os.kill(Record.load(directories.clusters() / cluster["id"]).pid, signal.SIGKILL)
    await api.gone(cluster["id"])


async def test_what_is_cancelled_while_it_starts_is_stopped(gateway: GatewayServer, api: API) -> None:
    cluster = await api.create("gateway", size={"workers": 1})
    await asyncio.to_thread(wait_for, lambda: on_gateway(gateway))
    await closed(api, cluster)


def wait_for(condition: Callable[[], Any]) -> None:
    for _ in range(60):
        if condition():
            return
    raise AssertionError


async def test_a_wrong_password(gateway: GatewayServer, api: API, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in gateway.environ(USER, "wrong").items():
        monkeypatch.setenv(name, value)
    assert "does not let you in" in (await profile(api))["unavailable"]
    status, answer = await api.call("POST", "clusters", {"profile": "gateway"})
    assert status == 503
    assert "does not let you in" in answer["message"]
    assert "gateway.auth" in answer["hint"]
    assert "wrong" not in json.dumps(answer)


async def test_a_gateway_that_is_down(gateway: GatewayServer, api: API, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASK_GATEWAY__ADDRESS", "http://127.0.0.1:9")
    assert "http://127.0.0.1:9 cannot be reached" in (await profile(api))["unavailable"]


async def test_a_gateway_that_goes_down(gateway: GatewayServer, api: API) -> None:
    cluster = await api.create("gateway", size={"workers": 0})
    await api.running(cluster["id"])
    gateway.stop()
    try:
        await api.wait(cluster["id"], lambda cluster: bool(cluster["state"] == "degraded"))
        await api.call("DELETE", f"clusters/{cluster['id']}")
        cluster = await api.wait(cluster["id"], lambda cluster: bool(cluster["state"] == "close_failed"))
        assert "cannot be reached" in cluster["reason"]
    finally:
        gateway.start()
    await closed(api, cluster)
