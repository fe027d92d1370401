"""What is installed where: compared, and told on the card."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
from conftest import API, compute

from casa_labext.host.versions import mismatches

#: A release that is not the one in this environment.
OTHER = "2025.7.0"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "casa-labext-tests" / f"distributed-{OTHER}"
SAME = {"python": "3.11.2.final.0", "dask": "1", "distributed": "1", "numpy": "2"}


def test_versions_that_are_the_same() -> None:
    assert mismatches(SAME, SAME, [SAME, SAME]) == []
    # What the kernel has not got, and what a scheduler does not unpack, do not matter; nor does Python's third number.
    assert mismatches(SAME, {**SAME, "numpy": None, "python": "3.11.9.final.0"}, [{**SAME, "coffea": "1"}]) == []
    assert mismatches(SAME, SAME, []) == []


def test_versions_that_differ() -> None:
    assert mismatches(SAME, {**SAME, "distributed": "2"}, [{**SAME, "distributed": "2"}] * 2) == [
        "distributed is 1 in the kernel's environment, 2 in the scheduler and the workers"
    ]
    assert mismatches(SAME, SAME, [SAME, {**SAME, "numpy": "1"}, {**SAME, "numpy": None}]) == [
        "numpy is 2 in the kernel's environment, 1 in 1 of 3 workers, missing in 1 of 3 workers"
    ]
    assert mismatches(SAME, {**SAME, "python": "3.12.1.final.0"}, []) == [
        "python is 3.11 in the kernel's environment, 3.12 in the scheduler"
    ]


@pytest.fixture(scope="session")
def other_python() -> str:
    """The Python of an environment with another release of distributed; kept in a cache."""
    python = CACHE / "bin" / "python"
    done = CACHE / "complete"
    if not done.exists():
        venv.create(CACHE, clear=True, with_pip=True)
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        command = [str(python), "-m", "pip", "install", "--quiet", f"distributed=={OTHER}", "cryptography"]
        installing = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        if installing.returncode:
            if os.environ.get("CASA_LABEXT_SYSTEMS") == "required":
                pytest.fail(installing.stderr)
            pytest.skip(f"distributed {OTHER} cannot be installed.")
        done.touch()
    return str(python)


@pytest.mark.system
async def test_two_kernels(other_python: str, tmp_path: Path, jp_serverapp: Any, api: API, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONPATH")  # pytest-jupyter puts all of this environment there
    folder = tmp_path / "kernels" / "other"
    folder.mkdir(parents=True)
    (folder / "kernel.json").write_text(json.dumps({"argv": [other_python], "display_name": "Other", "language": "python"}))
    jp_serverapp.kernel_spec_manager.kernel_dirs.append(str(folder.parent))
    usable = {environment["name"]: environment for environment in await api.get("environments")}
    assert (usable["other"]["unusable"], usable["other"]["versions"]["distributed"]) == (None, OTHER)
    usable = {environment["name"]: environment for environment in await api.get("environments", params={"profile": "slurm"})}
    if "slurm" in [profile["name"] for profile in (await api.get("profiles"))["profiles"]]:
        assert usable["other"]["unusable"] == "The package dask-jobqueue is not installed in it."
    own = usable["server"]["versions"]["distributed"]

    clusters = {}
    for environment, python, version in (("server", sys.executable, own), ("other", other_python, OTHER)):
        cluster = await api.create(size={"workers": 1}, environment=environment, options={"encryption": False})
        clusters[environment] = cluster = await api.running(cluster["id"], workers=1)
        assert cluster["warnings"] == []
        code = "import distributed; print(client.submit(lambda: distributed.__version__).result())"
        assert await compute(cluster, code, python=python) == version

    address = clusters["server"]["connection"]["address"]
    attached = await api.create("attached", environment="other", options={"address": address})
    attached = await api.wait(attached["id"], lambda cluster: cluster["warnings"] and "workers" in cluster["warnings"][-1])
    assert f"distributed is {OTHER} in the kernel's environment, {own} in the scheduler and the workers" in attached["warnings"]
    attached = await api.create("attached", options={"address": address})
    assert (await api.running(attached["id"], workers=1))["warnings"] == []
