"""What a cluster has been through."""

from typing import Any

import pytest
from conftest import API, JSON, compute

from casa_labext.events import SCHEMA_ID
from casa_labext.host import history
from casa_labext.host.lifecycle import nothing

SUMMARY = {
    "tasks": {"processing": 1, "waiting": 0, "erred": 0},
    "memory": {"used": 5, "limit": 9},
    "cores": 2,
    "cpu": 0.5,
    "traffic": {"spilled": 0, "read": 1, "written": 2},
}


def status(**values: Any) -> JSON:
    words = {"state": "running", "reason": None, "activity": None, "size": {"workers": 2}}
    return {**nothing({"workers": 2}), **words, **values}


def workers(running: int) -> JSON:
    return {**nothing({"workers": 2})["workers"], "running": running}


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"state": "starting"}, {}, ["Running"]),
        ({}, {"state": "degraded", "reason": "1 held: memory"}, ["Degraded: 1 held: memory"]),
        ({"reason": "3 queued: 12 ahead"}, {"reason": "3 queued: 11 ahead"}, ["3 queued: 11 ahead"]),
        ({"state": "starting"}, {"state": "starting", "activity": "Waiting for the operator"}, ["Waiting for the operator"]),
        ({}, {"activity": "Adaptive scaling wants 3 workers"}, []),
        ({}, {"size": {"workers": 1}}, ["Asked for 1 worker"]),
        ({}, {"size": {"minimum": 0, "maximum": 3}}, ["Asked for 0 to 3 workers, as the load is"]),
        ({}, {"workers": workers(2)}, ["2 workers joined: 2 of 2"]),
        ({"workers": workers(2)}, {"workers": workers(1)}, ["1 worker left: 1 of 2"]),
        ({}, {"warnings": ["dask differs"]}, ["dask differs"]),
        ({}, {"cpu": 3.0}, []),
    ],
)
def test_a_change_in_words(before: JSON, after: JSON, told: list[str]) -> None:
    assert history.news(status(**before), status(**after)) == told


def test_a_long_life_is_kept_more_coarsely(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr("time.time", lambda: now)
    kept = history.History()
    for _ in range(20_000):
        kept.sample(status(), SUMMARY)
        now += 1
    told = kept.told()
    times = told["times"]
    assert len(times) <= history.SAMPLES
    assert times[0] <= 1016
    assert now - times[-1] <= 17
    assert {len(values) for values in told["figures"].values()} == {len(times)}
    now = 500.0  # the clock was set back
    kept.sample(status(), SUMMARY)
    assert kept.told()["times"][-1] == 500.0


@pytest.mark.system
async def test_figures_events_and_workers(api: API, jp_serverapp: Any) -> None:
    heard: list[JSON] = []

    async def hear(logger: Any, schema_id: str, data: JSON) -> None:
        heard.append(data)

    jp_serverapp.event_logger.add_listener(schema_id=SCHEMA_ID, listener=hear)
    cluster = await api.create(size={"workers": 2})
    cluster = await api.running(cluster["id"], workers=2)
    path = f"clusters/{cluster['id']}"
    told = await api.get(f"{path}/history")
    texts = [event["text"] for event in told["events"]]
    assert texts[:2] == ["Running", "1 worker joined: 1 of 2"] or texts[:2] == ["Running", "2 workers joined: 2 of 2"]
    assert set(told["figures"]) == set(history.FIGURES)
    assert len(told["times"]) >= 1

    first, second = await api.get(f"{path}/workers")
    assert first["since"] <= first["last_seen"] + 1
    (log,) = await api.get(f"{path}/logs", params={"source": "workers", "worker": first["address"]})
    assert log["name"] == first["address"]
    # Data that are only on the worker that retires are moved.
    code = f"future = client.submit(sum, [1, 2], workers=[{first['address']!r}])\nfuture.result()\nclient.publish_dataset(mine=future)"
    await compute(cluster, code)
    assert (await api.call("POST", f"{path}/workers/retire", {"address": first["address"]}))[0] == 200
    await api.running(cluster["id"], workers=1)
    assert await compute(cluster, "print(client.get_dataset('mine').result())") == "3"
    (left,) = await api.get(f"{path}/workers")
    assert left["address"] == second["address"]
    assert (await api.call("POST", f"{path}/workers/restart", {"address": left["address"]}))[0] == 200
    await api.wait(cluster["id"], lambda cluster: bool(cluster["workers"]["running"] == 1))
    status, answer = await api.call("POST", f"{path}/workers/retire", {"address": "tls://elsewhere:1"})
    assert (status, answer["message"]) == (404, "There is no such worker.")
    await api.call("DELETE", path)
    await api.gone(cluster["id"])
    assert [data["state"] for data in heard] == ["starting", "running", "closing", "closed"]


@pytest.mark.system
async def test_the_history_of_a_failed_cluster(api: API) -> None:
    cluster = await api.create(size={"workers": 1})
    cluster = await api.running(cluster["id"], workers=1)
    await compute(cluster, "client.shutdown()")
    await api.wait(cluster["id"], lambda cluster: bool(cluster["state"] == "failed"))
    told = await api.get(f"clusters/{cluster['id']}/history")
    assert told["events"][-1]["text"] == "Failed: The scheduler has stopped. A client may have shut it down."
