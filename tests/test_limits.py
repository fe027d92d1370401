"""How much a user may have at the same time."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import API
from test_units import RECORD

from casa_labext import profiles, registry


async def test_limits_of_a_user(dask_config: Callable[[str], Path], api: API) -> None:
    dask_config("casa-labext: {limits: {clusters: 2, workers: 3}}")
    await api.get("profiles")  # reads it
    first = await api.create(size={"workers": 2})
    status, answer = await api.call("POST", "clusters", {"profile": "local", "size": {"workers": 2}})
    assert (status, answer["message"]) == (400, "At most 3 workers at a time are allowed, and your other clusters have 2.")
    await api.create(size={"minimum": 0, "maximum": 1})
    status, answer = await api.call("POST", "clusters", {"profile": "local", "size": {"workers": 0}})
    assert (status, answer["message"]) == (409, "The limit is 2 at a time: shut a cluster down first.")
    await api.running(first["id"], workers=2)
    for path, size in (("scale", {"workers": 3}), ("adapt", {"minimum": 0, "maximum": 3})):
        status, answer = await api.call("POST", f"clusters/{first['id']}/{path}", size)
        assert (status, answer["field"]) == (400, "size")
    status, answer = await api.call("POST", f"clusters/{first['id']}/scale", {"workers": 1})
    assert status == 200
    await api.call("DELETE", f"clusters/{first['id']}")
    await api.gone(first["id"])
    await api.create(size={"workers": 2})


async def test_workers_come_in_whole_jobs(dask_config: Callable[[str], Path], api: API) -> None:
    dask_config("casa-labext: {profiles: {mine: {kind: slurm, maximum-workers: 10}}}")
    request = {"profile": "mine", "size": {"workers": 1}, "options": {"processes": 256}}
    status, answer = await api.call("POST", "clusters", request)
    assert (status, answer["message"]) == (400, "At most 10 workers are allowed, and each job has 256.")


def test_what_counts_is_what_can_come() -> None:
    record = RECORD.change(reference="casa_labext.kinds.slurm:kind", options={"processes": 4})
    assert [registry._most(record, size) for size in ({"workers": 8}, {"workers": 9}, {"minimum": 0, "maximum": 1})] == [8, 12, 4]


@pytest.mark.parametrize("limits", [{"clusters": 0}, {"workers": "many"}, {"cluster": 3}, [], {"clusters": True}])
def test_limits_that_make_no_sense(limits: object) -> None:
    configuration = profiles.configuration({"config": {"limits": limits}})
    assert configuration.limits == {"clusters": None, "workers": None}
    assert configuration.problems[0].where.startswith("casa-labext.limits")


async def test_requests_at_the_same_time(dask_config: Callable[[str], Path], api: API) -> None:
    dask_config("casa-labext: {limits: {clusters: 1}}")
    await api.get("profiles")
    request = {"profile": "local", "size": {"workers": 0}}
    answers = await asyncio.gather(*(api.call("POST", "clusters", request) for _ in range(5)))
    assert sorted(status for status, _ in answers) == [202, 409, 409, 409, 409]


async def test_scalings_at_the_same_time(dask_config: Callable[[str], Path], api: API) -> None:
    dask_config("casa-labext: {limits: {workers: 3}}")
    await api.get("profiles")
    clusters = [await api.create(size={"workers": 0}) for _ in range(2)]
    for cluster in clusters:
        await api.running(cluster["id"], workers=0)
    answers = await asyncio.gather(*(api.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 2}) for cluster in clusters))
    assert sorted(status for status, _ in answers) == [200, 400]


@pytest.fixture
def two_at_start(dask_config: Callable[[str], Path]) -> None:
    dask_config("casa-labext: {limits: {clusters: 1}, autostart: [{profile: local, name: one}, {profile: local, name: two}]}")


async def test_what_starts_by_itself_beyond_a_limit_is_a_card_with_the_reason(two_at_start: None, api: API) -> None:
    end = time.monotonic() + 20
    while len(found := await api.get("clusters")) < 2:
        assert time.monotonic() < end
        await asyncio.sleep(0.1)
    assert (found[1]["state"], found[1]["reason"]) == ("failed", "The limit is 1 at a time: shut a cluster down first.")
    status, answer = await api.call("POST", f"clusters/{found[1]['id']}/retry")
    assert status == 409, answer
    await api.running(found[0]["id"], workers=2)
    await api.call("DELETE", f"clusters/{found[0]['id']}")
    await api.gone(found[0]["id"])
    status, _ = await api.call("POST", f"clusters/{found[1]['id']}/retry")
    assert status == 202
    await api.running(found[1]["id"], workers=2)
