"""What `make dist` has built, as a user gets it: in an environment with nothing but JupyterLab, on a machine without Node.js.

`make test-dist` runs them.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import time
import zipfile
from email import message_from_bytes
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from conftest import DEADLINE, cluster_processes

pytestmark = [pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(1800)]

TREE = Path(__file__).parents[2]
# Of other versions there may be some, too.
VERSION = json.loads((TREE / "package.json").read_text())["version"].replace("-rc.", "rc")
WHEEL = TREE / "dist" / f"casa_labext-{VERSION}-py3-none-any.whl"
SDIST = TREE / "dist" / f"casa_labext-{VERSION}.tar.gz"
FRONT_END = "share/jupyter/labextensions/casa-labext"
#: In the names of bundled scripts.
HASH = re.compile(r"(?<=\.)[0-9a-f]{16,20}(?=\.)")
LICENSES = f"{FRONT_END}/static/third-party-licenses.json"
#: Prints the files of the installed package.
RECORDED = (
    "import importlib.metadata, json, os, sys;"
    "places = (file.locate() for file in importlib.metadata.files('casa_labext'));"
    "print(json.dumps([os.path.relpath(place, sys.prefix) for place in places]))"
)


def contents(wheel: Path) -> dict[str, bytes]:
    """The files of a wheel; RECORD follows from the others."""
    with zipfile.ZipFile(wheel) as opened:
        return {name: opened.read(name) for name in opened.namelist() if not name.endswith("/RECORD")}


def build(tree: Path, folder: Path, path: str) -> Path:
    """The wheel of a tree, built with the programs on a path."""
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(tree)]
    subprocess.run(command, env={**os.environ, "PATH": path}, check=True, stdout=subprocess.DEVNULL)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The sdist, unpacked."""
    shutil.unpack_archive(SDIST, tmp_path / "sources")  # tarfile's filter came with Python 3.11.4; Debian has 3.11.2
    (found,) = (tmp_path / "sources").iterdir()
    return found


class Machine:
    """A user's home and an environment, where no other program is on PATH."""

    def __init__(self, folder: Path) -> None:
        self.home, self.environment = folder / "home", folder / "environment"
        self.home.mkdir()
        self._uv = shutil.which("uv") or ""
        subprocess.run([self._uv, "venv", "--quiet", "--python", sys.executable, self.environment], check=True)
        kept = {name: os.environ[name] for name in ("CASA_LABEXT_TEST_RUN", "TMPDIR")}
        self.environ = {**kept, "HOME": str(self.home), "PATH": str(self.environment / "bin"), "PYTHONDONTWRITEBYTECODE": "1"}

    def uv(self, *arguments: str | Path) -> None:
        command = [self._uv, "pip", *arguments, "--quiet", "--python", self.environment / "bin" / "python"]
        subprocess.run(command, check=True)

    def run(self, command: str) -> str:
        """What a line prints in a shell, on both of its streams."""
        done = subprocess.run(
            [shutil.which("bash") or "", "-c", command],
            env=self.environ,
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=DEADLINE,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout

    def files(self) -> dict[str, str]:
        """All files of the environment with their contents' digests; what Python compiles by itself does not count."""
        found = (path for path in self.environment.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        return {str(path.relative_to(self.environment)): sha256(path.read_bytes()).hexdigest() for path in found}

    def ours(self) -> list[str]:
        """What has our name in home and environment."""
        folders = (self.home, self.environment, Path(os.environ["TMPDIR"]))
        return [str(path) for folder in folders for path in folder.rglob("*casa*labext*")]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """JupyterLab, and what casa_labext needs."""
    made = Machine(tmp_path)
    made.uv("install", "jupyterlab", "-r", TREE / "pyproject.toml")
    assert shutil.which("node", path=made.environ["PATH"]) is None
    return made


def compute(machine: Machine) -> None:
    """From a started JupyterLab to a result."""
    log = machine.home / "lab.log"
    with log.open("wb") as output:
        lab = subprocess.Popen(
            [machine.environment / "bin" / "jupyter", "lab", "--allow-root", "--no-browser", "--port=0"],
            env=machine.environ,
            cwd=machine.home,
            stdout=output,
            stderr=output,
        )
    try:
        end = time.monotonic() + DEADLINE
        while "is running at" not in log.read_text():
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.1)
        program = "from distributed import Client; print(Client().submit(sum, range(10)).result())"
        said = machine.run(f'casa new local --workers 2 --wait && eval "$(casa env)" && python -c "{program}" && casa close')
        assert "\n45\n" in said
    finally:
        lab.terminate()
        lab.wait(60)
    assert cluster_processes() == {}
    log.unlink()


def test_install_use_upgrade_uninstall(machine: Machine, sources: Path, tmp_path: Path) -> None:
    """Nothing is left of an older version, and nothing of ours in the end."""
    before = machine.files()
    assert machine.ours() == []

    # An older version, with files that are gone since.
    for file in (sources / "package.json", sources / "casa_labext" / "labextension" / "package.json"):
        file.write_text(file.read_text().replace('"version": "1.', '"version": "0.'))
    metadata = sources / "PKG-INFO"  # what counts in an sdist
    metadata.write_text(metadata.read_text().replace("\nVersion: 1.", "\nVersion: 0."))
    (sources / "casa_labext" / "gone.py").touch()
    (sources / "casa_labext" / "labextension" / "static" / "gone.js").touch()
    older = build(sources, tmp_path / "older", f"{Path(sys.executable).parent}")
    machine.uv("install", older)
    assert machine.run("casa --version").startswith("0.")

    machine.uv("install", WHEEL)
    assert machine.run("casa --version") == f"{VERSION}\n"
    installed = json.loads(machine.run(f'python -c "{RECORDED}"'))
    assert machine.files().keys() == before.keys() | set(installed)

    listed = machine.run("jupyter labextension list")
    assert any("casa-labext v" in line and "enabled" in line and "OK" in line for line in listed.splitlines()), listed
    listed = re.sub(r"\x1b\[\d+m", "", machine.run("jupyter server extension list"))  # coloured
    assert "casa_labext enabled" in " ".join(listed.split()), listed
    assert "Validating casa_labext" in listed
    found = json.loads(machine.run("casa doctor --json 2>/dev/null"))
    assert all(finding["good"] or not finding["must"] for finding in found), found
    assert next(finding for finding in found if finding["what"] == "profile local")["good"]
    licenses = json.loads(machine.run("jupyter lab licenses --json --full-text --bundles casa-labext 2>/dev/null"))
    bundled = {package["name"] for package in licenses["bundles"]["casa-labext"]["packages"]}
    assert {"uplot", "@rjsf/validator-ajv8", "ajv"} <= bundled

    compute(machine)
    machine.uv("uninstall", "casa_labext")
    assert machine.files() == before
    # Jupyter's runtime directory has empty folders of ours.
    assert [path for path in machine.ours() if not Path(path).is_dir()] == []


def test_the_sdist_makes_the_same_wheel(sources: Path, tmp_path: Path) -> None:
    """By Node.js, where it has to: a front end that was built for development is built anew."""
    static = sources / "casa_labext" / "labextension" / "static"
    (static / "third-party-licenses.json").unlink()
    (static / "left.js.map").touch()
    again, first = contents(build(sources, tmp_path / "again", os.environ["PATH"])), contents(WHEEL)
    # The bundler numbers modules differently in each folder, and scripts have a hash of that in their names.
    assert sorted(HASH.sub("", name) for name in again) == sorted(HASH.sub("", name) for name in first)
    different = {name for name in again.keys() & first.keys() if again[name] != first[name]}
    assert {name.rpartition("/")[2] for name in different} <= {"package.json"}


def test_what_is_in_the_wheel() -> None:
    found = contents(WHEEL)
    names = {name.partition(".data/data/")[2] or name.partition(".dist-info/")[2] or name for name in found}
    assert {"licenses/LICENSE", "entry_points.txt", "casa_labext/openapi.yaml", "casa_labext/casa-labext.yaml"} <= names
    assert {f"{FRONT_END}/install.json", f"{FRONT_END}/package.json", "etc/jupyter/jupyter_server_config.d/casa_labext.json"} <= names
    assert not [
        name
        for name in names
        if name.endswith((".map", ".pyc", "build_log.json")) or name.startswith(("tests", "casa_labext/labextension/"))
    ]
    (licenses,) = (json.loads(data) for name, data in found.items() if name.endswith(LICENSES))
    packages: dict[str, Any] = {package["name"]: package for package in licenses["packages"]}
    assert {"uplot", "@rjsf/validator-ajv8", "ajv", "ajv-formats"} <= packages.keys()
    assert all(package["licenseId"] for package in packages.values())
    # It has no text of its own in its package.
    assert [name for name, package in packages.items() if not package["extractedText"]] == ["json-schema-merge-allof"]
    with tarfile.open(SDIST) as opened:
        assert "LICENSE" in [name.partition("/")[2] for name in opened.getnames()]


def test_metadata() -> None:
    (data,) = (data for name, data in contents(WHEEL).items() if name.endswith(".dist-info/METADATA"))
    metadata = message_from_bytes(data)
    assert metadata["Version"] == VERSION
    assert (metadata["License-Expression"], metadata["License-File"]) == ("BSD-3-Clause", "LICENSE")
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert "Framework :: Jupyter :: JupyterLab :: Extensions :: Prebuilt" in metadata.get_all("Classifier", [])
