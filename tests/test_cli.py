"""The command `casa`, as it is used in a terminal."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import JSON
from test_server import TOKEN, Server, server

from casa_labext.cli import main
from casa_labext.cli.server import Server as RestServer
from casa_labext.host.errors import ClusterError

__all__ = ["server"]  # a fixture

pytestmark = pytest.mark.system


def shell(command: str, folder: Path, *, code: int = 0, **environ: str) -> str:
    """What a line prints in a shell of the user whose Jupyter keeps its things in a folder."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "DASK"))}
    programs = Path(sys.executable).parent
    environ = {**inherited, "PATH": f"{programs}:{os.environ['PATH']}", "JUPYTER_RUNTIME_DIR": str(folder / "one" / "runtime"), **environ}
    done = subprocess.run(["bash", "-c", command], env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stdout + done.stderr


def test_from_nothing_to_a_result(server: Callable[..., Server], tmp_path: Path) -> None:
    server()
    compute = 'python -c "from distributed import Client; print(Client().submit(sum, range(10)).result())"'
    said = shell(f'casa new local --workers 2 --wait && eval "$(casa env)" && {compute}', tmp_path)
    assert said.splitlines()[-1] == "45"
    attach = "import casa_labext; print(casa_labext.attach('This machine').submit(sum, [20, 22]).result())"
    assert shell(f'python -c "{attach}"', tmp_path).splitlines()[-1] == "42"
    assert "This machine  local    running  2/2      tls://" in shell("jupyter casa list", tmp_path)

    (cluster,) = json.loads(shell("casa list --json", tmp_path))
    shell("casa scale 1", tmp_path)
    shell(f"casa adapt {cluster['id'][:8]} 0 2", tmp_path)
    assert json.loads(shell("casa list --json", tmp_path))[0]["size"] == {"minimum": 0, "maximum": 2}
    assert "No jobs." in shell("casa jobs", tmp_path)
    assert "Scheduler at" in shell("casa logs --source scheduler", tmp_path)
    assert "good     Scheduler: It runs at tls://" in shell("casa why", tmp_path)
    assert shell("casa close", tmp_path) == "This machine\n"


def test_what_cannot_be_done(server: Callable[..., Server], tmp_path: Path) -> None:
    one = server()
    assert "There is no profile 'nothing'" in shell("casa new nothing", tmp_path, code=1)
    assert "options.threads-per-worker: " in shell("casa new local -o threads-per-worker=0", tmp_path, code=1)
    assert "is not KEY=VALUE" in shell("casa new local -o threads-per-worker", tmp_path, code=1)
    assert "There is no cluster." in shell("casa scale 1", tmp_path, code=1)
    assert "There is no cluster 'mine'." in shell("casa close mine", tmp_path, code=1)
    for _ in range(2):
        one.call("POST", "clusters", {"profile": "local", "size": {"workers": 0}})
    assert "Name one: This machine, This machine 2" in shell("casa env", tmp_path, code=1)
    assert shell("casa close --all", tmp_path).split("\n")[:2] == ["This machine", "This machine 2"]
    assert "does not let you in" in shell(f"casa list --url {one.url} --token wrong", tmp_path, code=1)
    one.wait(lambda: one.get("clusters") == [])
    assert shell(f"casa list --url '{one.url}lab?token={TOKEN}'", tmp_path / "elsewhere") == "No clusters.\n"
    one.end(signal.SIGTERM)
    assert "No Jupyter server of yours runs here." in shell("casa list", tmp_path, code=1)


def test_a_cluster_that_fails_while_it_is_waited_for(server: Callable[..., Server], tmp_path: Path) -> None:
    (tmp_path / "dask.yaml").write_text("casa-labext: {profiles: {broken: {kind: factory, settings: {module: nothing_here, class: C}}}}")
    server(DASK_CONFIG=str(tmp_path / "dask.yaml"))
    said = shell("casa new broken --wait", tmp_path, code=1)
    assert "is failed" in said
    assert "No module named 'nothing_here'" in said


def test_doctor(tmp_path: Path) -> None:
    """Without a server, and without any batch system."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("casa", "python"):
        (programs / name).symlink_to(Path(sys.executable).parent / name)
    config = tmp_path / "dask.yaml"
    config.write_text("casa-labext: {profiles: {htcondor: {kind: htcondor}}}")
    found = json.loads(shell("casa doctor --json", tmp_path, PATH=f"{programs}:/usr/bin:/bin", DASK_CONFIG=str(config)))
    by_name: dict[str, JSON] = {finding["what"]: finding for finding in found}
    assert by_name["profile local"]["good"]
    assert by_name["profile htcondor"]["text"] == "condor_submit is not on PATH."
    assert by_name["server extension"]["good"]
    config.write_text("casa-labext: {profiles: {x: {kind: nothing}}}")
    said = shell("casa doctor", tmp_path, code=1, DASK_CONFIG=str(config))
    assert "--  casa-labext.profiles.x" in said
    assert "ok  profile local" in said


def test_the_latest_lines_of_a_log_that_is_full(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    texts = iter(["a\nb\n", "a\nb\nc\n", "c\nd\n"])

    class Fake:
        def cluster(self, name: str | None) -> JSON:
            return {"id": "1"}

        def call(self, method: str, path: str, **query: str) -> list[JSON]:
            try:
                return [{"name": "host", "text": next(texts)}]
            except StopIteration:
                raise ClusterError("The cluster is gone.") from None

    monkeypatch.setattr(RestServer, "find", lambda *_: Fake())
    monkeypatch.setattr(main, "INTERVAL", 0)
    assert main.main(["logs", "-f"]) == 1
    assert capsys.readouterr().out == "a\nb\nc\nd\n"
