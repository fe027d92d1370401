"""The examples run, on clusters made as users make them."""

from pathlib import Path

import pytest
from conftest import API, JSON
from notebooks import run_notebook
from systems.batch.beds import Bed
from systems.batch.commands import BatchCommands

EXAMPLES = Path(__file__).parents[1] / "examples"

pytestmark = pytest.mark.system


async def finds_the_z(folder: Path, snippet: str | None = None) -> None:
    """The dimuon example runs, and its peak is where it belongs."""
    (events, peak) = await run_notebook(EXAMPLES / "dimuon.ipynb", folder, snippet)
    assert events == "200000 events"
    assert abs(float(peak.split()[-2]) - 91) < 1


async def computed_on(api: API, folder: Path, profile: str, options: JSON) -> None:
    cluster = await api.create(profile, size={"workers": 2}, options=options)
    cluster = await api.running(cluster["id"], workers=2)
    await finds_the_z(folder, cluster["connection"]["snippet"])
    await api.call("DELETE", f"clusters/{cluster['id']}")
    await api.gone(cluster["id"])


async def test_dimuon_on_this_machine(api: API, tmp_path: Path) -> None:
    await computed_on(api, tmp_path, "local", {})


async def test_dimuon_on_the_pool(htcondor: Bed, batch_commands: BatchCommands, api: API, tmp_path: Path) -> None:
    await computed_on(api, tmp_path, "htcondor", {"interface": "lo", "memory": "500MiB", "disk": "100MiB"})
