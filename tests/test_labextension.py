"""A facility's section for dask-labextension, taken over; and clusters that start by themselves."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import API, JSON

from casa_labext import profiles
from casa_labext.labextension import translate

#: As coffea-casa has it, with `default` as dask-labextension would understand it.
FACILITY: JSON = {
    "factory": {"module": "coffea_casa", "class": "CoffeaCasaCluster", "args": [], "kwargs": {}},
    "default": {"workers": None, "adapt": {"minimum": 1, "maximum": 50, "interval": "2s", "wait_count": 3}},
    "initial": [{"name": "Coffea Casa Adaptive Cluster", "adapt": {"minimum": 1, "maximum": 50, "interval": "2s", "wait_count": 3}}],
}
ADAPTIVE = {"minimum": 1, "maximum": 50, "interval": 2.0, "wait_count": 3}


def test_a_facilitys_section() -> None:
    translation = translate(FACILITY)
    assert translation.problems == []
    profile = {"kind": "coffea-casa", "title": "CoffeaCasaCluster", "options": {}, "settings": {"kwargs": {}}, "size": ADAPTIVE}
    assert translation.profiles == {"labextension": profile}
    assert translation.autostart == [{"profile": "labextension", "name": "Coffea Casa Adaptive Cluster", "size": ADAPTIVE}]
    configuration = profiles.configuration({"config": {}, "labextension": FACILITY})
    assert configuration.autostart == translation.autostart
    assert configuration.problems == []


def test_a_default_that_is_a_list_is_told() -> None:
    translation = translate({**FACILITY, "default": FACILITY["initial"]})
    assert [where for where, _ in translation.problems] == ["labextension.default"]
    assert "size" not in translation.profiles["labextension"]


def test_the_factories_of_forks() -> None:
    one = {"name": "Small", "module": "dask.distributed", "class": "LocalCluster", "kwargs": {"n_workers": 1}}
    for factories in ([one], {"Small": one}):
        assert list(translate({"factories": factories}).profiles) == ["Small"]


def test_a_class_that_there_is_a_kind_for() -> None:
    kwargs = {"cores": 4, "memory": "8GB", "job-script-prologue": ["module load x"], "worker_extra_args": ["--lifetime", "1h"]}
    profile = translate({"factory": {"module": "dask_jobqueue", "class": "SLURMCluster", "kwargs": kwargs}}).profiles["labextension"]
    assert profile["kind"] == "slurm"
    assert profile["options"] == {"cores": 4, "memory": "8GB", "job-script-prologue": ["module load x"]}
    assert profile["settings"] == {"kwargs": {"worker_extra_args": ["--lifetime", "1h"]}}


@pytest.mark.parametrize(
    ("section", "where"),
    [
        ([], "labextension"),
        ({"factory": []}, "labextension.factory"),
        ({"factory": {"module": "a"}}, "labextension.factory"),
        ({"factory": {"module": "a", "class": "b", "kwargs": [1]}}, "labextension.factory"),
        ({"factories": 3}, "labextension.factories"),
        ({"initial": {}, "default": None}, None),
        ({"initial": "x"}, "labextension.initial"),
        ({"initial": [3]}, "labextension.initial.0"),
        ({"default": {"adapt": [1]}}, "labextension.default.adapt"),
        ({"default": {"adapt": {"interval": "soon"}}}, "labextension.default.adapt.interval"),
        ({"default": {"adapt": {"minimum_cores": 3}}}, "labextension.default.adapt.minimum_cores"),
        ({"browser": {}}, "labextension.browser"),
    ],
)
def test_what_is_wrong_is_said(section: Any, where: str | None) -> None:
    assert [found for found, _ in translate(section).problems] == ([where] if where else [])


@pytest.mark.parametrize(
    ("autostart", "where"),
    [
        ({}, "casa-labext.autostart"),
        ([3], "casa-labext.autostart.0"),
        ([{"profile": "nothing"}], "casa-labext.autostart.0.profile"),
        ([{"profile": "local", "size": {"workers": 9999}}], "casa-labext.autostart.0.size.workers"),
        ([{"profile": "local", "options": {"x": 1}}], "casa-labext.autostart.0.options.x"),
    ],
)
def test_what_is_wrong_in_autostart_is_said(autostart: Any, where: str) -> None:
    configuration = profiles.configuration({"config": {"autostart": autostart}})
    assert [problem.where for problem in configuration.problems] == [where]
    assert configuration.autostart == []


@pytest.fixture
def configured(dask_config: Callable[[str], Path], request: pytest.FixtureRequest) -> None:
    """The configuration is there before the server is."""
    dask_config(request.param)


AUTOSTART = """
casa-labext:
  profiles:
    secret: {kind: local, title: Encrypted}
  autostart:
    - {profile: local, name: Mine, size: {minimum: 1, maximum: 2}}
    - {profile: secret}
distributed: {comm: {require-encryption: true, tls: {ca-file: /nowhere/ca.pem}}}
"""
LABEXTENSION = """
labextension:
  factory: {module: dask.distributed, class: LocalCluster, kwargs: {n_workers: 0, dashboard_address: ":0"}}
  initial: [{name: From the start, workers: 1}]
"""


@pytest.mark.system
@pytest.mark.parametrize("configured", [LABEXTENSION], indirect=True)
async def test_an_initial_cluster_is_there_when_the_server_is(configured: None, api: API) -> None:
    (cluster,) = await started(api, 1)
    assert (cluster["name"], cluster["size"]) == ("From the start", {"workers": 1})
    await api.running(cluster["id"], workers=1)


@pytest.mark.system
@pytest.mark.parametrize("configured", [AUTOSTART], indirect=True)
async def test_a_cluster_that_cannot_start_by_itself_is_a_card(configured: None, api: API, tmp_path: Path, dask_config: Any) -> None:
    clusters = await started(api, 2)
    assert [(cluster["name"], cluster["state"]) for cluster in clusters] == [("Mine", "failed"), ("Encrypted", "failed")]
    assert clusters[0]["reason"].startswith("distributed.comm.tls.ca-file: /nowhere/ca.pem cannot be read")
    # Mended, it can be tried again.
    status, answer = await api.call("POST", f"clusters/{clusters[0]['id']}/retry")
    assert status == 400, answer
    dask_config(AUTOSTART.partition("distributed:")[0])
    end = time.monotonic() + 10
    while (status := (await api.call("POST", f"clusters/{clusters[0]['id']}/retry"))[0]) != 202:
        assert (status, time.monotonic() < end) == (400, True)  # what was read a moment ago is not read again
        await asyncio.sleep(0.2)
    await api.running(clusters[0]["id"], workers=1)


async def started(api: API, count: int) -> list[JSON]:
    """Wait until there are so many clusters, though nobody has asked for one."""

    end = time.monotonic() + 30
    while len(clusters := await api.get("clusters")) < count:
        assert time.monotonic() < end, clusters
        await asyncio.sleep(0.1)
    found: list[JSON] = clusters
    return found
