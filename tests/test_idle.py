"""The end of a cluster that has nothing to do: dask's `distributed.scheduler.idle-timeout`."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import API, JSON, compute

pytestmark = pytest.mark.system

#: Long enough for a worker to come meanwhile, on a machine that has much else to do.
TIMEOUT = 20


def has_time(cluster: JSON) -> bool:
    return cluster["idle"] is not None


async def test_the_end_is_told_put_off_and_explained(api: API, dask_config: Callable[[str], Path], jp_ws_fetch: Any) -> None:
    dask_config(f"distributed: {{ scheduler: {{ idle-timeout: {TIMEOUT}s }} }}")
    stream = await jp_ws_fetch("casa-labext", "api", "stream")
    cluster = await api.create(size={"workers": 1})
    path = f"clusters/{cluster['id']}"
    cluster = await api.wait(cluster["id"], has_time)
    assert cluster["idle"]["until"] - cluster["idle"]["since"] == pytest.approx(TIMEOUT)
    # It may have begun with the scheduler, or when the worker had come.
    await api.running(cluster["id"], workers=1)
    before = (await api.wait(cluster["id"], has_time))["idle"]["until"]
    status, cluster = await api.call("POST", f"{path}/extend")
    assert status == 200
    assert cluster["idle"]["until"] > before
    assert cluster["idle"]["until"] == pytest.approx(time.time() + TIMEOUT, abs=5)

    # While it computes there is no end to put off.
    await compute(cluster, "import time; future = client.submit(time.sleep, 60); client.publish_dataset(future=future)")
    await api.wait(cluster["id"], lambda cluster: cluster["idle"] is None)
    status, answer = await api.call("POST", f"{path}/extend")
    assert (status, answer["message"]) == (409, "The cluster does not close by itself now.")
    await compute(cluster, "client.get_dataset('future').cancel(force=True); client.unpublish_dataset('future')")
    await api.wait(cluster["id"], has_time)

    while (message := json.loads(await asyncio.wait_for(stream.read_message(), 2 * TIMEOUT)))["type"] != "removed":
        if message["type"] == "cluster":
            assert message["cluster"]["state"] in ("starting", "running", "closing")
    assert message["reason"] == f"It had nothing to do for {TIMEOUT} s."
    stream.close()


async def test_a_manager_that_waits_for_its_scheduler_is_closed_too(api: API, dask_config: Callable[[str], Path], jp_ws_fetch: Any) -> None:
    kwargs = "{ scheduler-kwargs: { idle_timeout: 5s }, n-workers: 0 }"
    settings = f"{{ module: distributed, class: LocalCluster, kwargs: {kwargs} }}"
    dask_config(f"casa-labext: {{ profiles: {{ brief: {{ kind: factory, settings: {settings} }} }} }}")
    stream = await jp_ws_fetch("casa-labext", "api", "stream")
    await api.create("brief", size={"workers": 0})
    while (message := json.loads(await asyncio.wait_for(stream.read_message(), 60)))["type"] != "removed":
        if message["type"] == "cluster":
            assert message["cluster"]["state"] in ("starting", "running", "closing")
    assert message["reason"] == "It had nothing to do for 5 s."
    stream.close()


async def test_without_the_setting_there_is_no_end(api: API) -> None:
    cluster = await api.create(size={"workers": 0})
    cluster = await api.running(cluster["id"])
    assert (cluster["idle"], cluster["walltime_end"]) == (None, None)
    assert (await api.call("POST", f"clusters/{cluster['id']}/extend"))[0] == 409


async def test_what_a_browser_asks_by_itself_is_no_activity(api: API, jp_serverapp: Any, jp_ws_fetch: Any) -> None:
    """Else an open tab would keep the server from being culled."""
    settings = jp_serverapp.web_app.settings
    cluster = await api.create(size={"workers": 0})
    created = settings["api_last_activity"]
    stream = await jp_ws_fetch("casa-labext", "api", "stream")
    await stream.read_message()
    await api.running(cluster["id"])
    for asked in ("workers", "history", "logs", "jobs", "diagnosis"):
        await api.get(f"clusters/{cluster['id']}/{asked}")
    assert settings["api_last_activity"] == created
    await api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 1})
    assert settings["api_last_activity"] > created
    stream.close()
