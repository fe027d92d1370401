"""The examples run, on clusters made as users make them."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from conftest import API, JSON
from nbclient import NotebookClient
from systems.batch.beds import Bed
from systems.batch.commands import BatchCommands

EXAMPLES = Path(__file__).parents[1] / "examples"

pytestmark = pytest.mark.system


async def run_notebook(name: str, folder: Path, snippet: str | None = None) -> list[str]:
    """Run an example in a real kernel; what it prints. `snippet` takes the place of its client."""
    notebook: Any = nbformat.reads((EXAMPLES / name).read_text(), as_version=4)  # type: ignore[no-untyped-call]
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if snippet:
        cells[0].source = snippet
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    await client.async_execute()
    outputs = [output for cell in cells for output in cell.outputs]
    return [output.text.strip() for output in outputs if output.output_type == "stream" and output.name == "stdout"]


async def finds_the_z(folder: Path, snippet: str | None = None) -> None:
    """The dimuon example runs, and its peak is where it belongs."""
    (events, peak) = await run_notebook("dimuon.ipynb", folder, snippet)
    assert events == "200000 events"
    assert abs(float(peak.split()[-2]) - 91.19) < 1


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
