"""Notebooks, run as users run them."""

import os
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient


async def run_notebook(path: Path, cwd: Path, client_code: str | None = None, env: dict[str, str] | None = None) -> list[str]:
    """Run a notebook in a real kernel; what its cells print.

    `client_code` takes the place of its first code cell, which makes the client. The kernel has the environment of the tests and `env`.
    """
    notebook: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if client_code is not None:
        cells[0].source = client_code
    client = NotebookClient(notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(cwd)}})
    await client.async_execute(env={**os.environ, **(env or {})})
    outputs = [output for cell in cells for output in cell.outputs]
    return [output.text.strip() for output in outputs if output.output_type == "stream" and output.name == "stdout"]
