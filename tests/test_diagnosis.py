"""Why are there no workers?"""

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import API, JSON
from systems.batch.beds import HTCondorBed

pytestmark = pytest.mark.system


async def diagnosis(api: API, cluster: JSON) -> tuple[dict[str, str], str, JSON]:
    found = await api.get(f"clusters/{cluster['id']}/diagnosis")
    states = {check["title"]: check["state"] for check in found["checks"]}
    return states, " ".join(check["text"] for check in found["checks"]), found


async def closed(api: API, cluster: JSON) -> None:
    await api.call("DELETE", f"clusters/{cluster['id']}")
    await api.gone(cluster["id"])


async def test_all_is_well(api: API) -> None:
    cluster = await api.create(size={"workers": 1})
    await api.running(cluster["id"], workers=1)
    states, text, found = await diagnosis(api, cluster)
    assert set(states.values()) == {"good"}
    assert "1 of 1 are connected" in text
    assert "distributed 20" in found["report"]
    await closed(api, cluster)


async def test_a_cluster_that_failed(api: API, dask_config: Callable[[str], Path]) -> None:
    dask_config("casa-labext: {profiles: {broken: {kind: factory, settings: {module: no_such_module, class: C}}}}")
    cluster = await api.create("broken")
    await api.wait(cluster["id"], lambda cluster: bool(cluster["state"] == "failed"))
    states, text, found = await diagnosis(api, cluster)
    assert states["Scheduler"] == "bad"
    assert "No module named 'no_such_module'" in text
    assert "Traceback" in found["report"]
    await closed(api, cluster)


HELD = """
jobqueue: {htcondor: {interface: lo, memory: 500MiB, disk: 100MiB}}
casa-labext:
  profiles:
    held:
      kind: htcondor
      options:
        job-extra-directives:
          periodic_hold: JobStatus == 2 && JobBatchName =!= undefined
          periodic_hold_reason: '"Error from slot1@node7: memory usage exceeded request_memory"'
          +AuthToken: '"c2VjcmV0"'
    huge: { kind: htcondor, options: { cores: 500 } }
"""


@pytest.mark.parametrize(("profile", "state", "word"), [("held", "bad", "memory usage exceeded"), ("huge", "waiting", "queued")])
async def test_jobs_that_do_not_run(
    profile: str, state: str, word: str, htcondor: HTCondorBed, api: API, dask_config: Callable[[str], Path]
) -> None:
    dask_config(HELD)
    cluster = await api.create(profile, size={"workers": 1})
    place = "held" if profile == "held" else "queued"
    await api.wait(cluster["id"], lambda cluster: bool(cluster["workers"][place] == 1 and cluster["reasons"]))
    states, text, found = await diagnosis(api, cluster)
    assert states["HTCondor"] == states["Jobs accepted"] == "good"
    assert states["Jobs started"] == state
    assert word in text
    assert "c2VjcmV0" not in found["report"]
    await closed(api, cluster)
