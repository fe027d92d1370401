"""What the pages of the documentation tell operators to write."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import API, compute
from systems.batch.beds import Bed

DOCS = Path(__file__).parents[1] / "docs"


@pytest.mark.system
@pytest.mark.parametrize("name", ["htcondor", "slurm", "pbs"])
async def test_the_profile_of_a_batch_system(
    name: str, request: pytest.FixtureRequest, api: API, dask_config: Callable[[str], Path]
) -> None:
    bed: Bed = request.getfixturevalue(name)
    (text,) = re.findall(r"```yaml\n(.*?)```", (DOCS / f"{name}.md").read_text(), re.DOTALL)
    dask_config(text)
    offer = await api.get("profiles")
    (profile,) = (profile for profile in offer["profiles"] if profile["name"] == name)
    assert (profile["unavailable"], profile["maximum_workers"], offer["problems"]) == (None, 100, [])
    cluster = await api.create(name)
    cluster = await api.running(cluster["id"], workers=2)
    assert await compute(cluster, "print(client.submit(sum, range(10)).result())") == "45"
    await api.call("DELETE", f"clusters/{cluster['id']}")
    await api.gone(cluster["id"])
    assert bed.queue() == []
