"""The command `casa`, as it is used in a terminal."""

import argparse
import fcntl
import http.server
import json
import os
import pty
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket
from conftest import DEADLINE, JSON
from jupyter_server.auth.security import passwd
from systems.ports import free_port
from test_server import TOKEN, Server, server
from tornado.httpclient import HTTPClient

from casa_labext import certificates
from casa_labext.cli import main
from casa_labext.cli.server import Server as RestServer
from casa_labext.host.errors import Unknown

__all__ = ["server"]  # a fixture

pytestmark = pytest.mark.system


#: A terminal of Jupyter's may be a login shell with a PATH of its own.
CASA = Path(sys.executable).parent / "casa"


def in_terminal(connection: Any, command: str) -> str:
    """What a command prints in a terminal of Jupyter's."""
    connection.send(json.dumps(["stdin", f"{command}; echo ended=$?\n"]))
    said = ""
    while not re.search(r"ended=\d", said):
        said += "".join(map(str, json.loads(connection.recv())[1:]))
    assert "ended=0" in said, said
    return said


def surroundings(folder: Path, **environ: str) -> dict[str, str]:
    """The environment of a shell of the user whose Jupyter keeps its things in a folder."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "DASK"))}
    programs = Path(sys.executable).parent
    return {**inherited, "PATH": f"{programs}:{os.environ['PATH']}", "JUPYTER_RUNTIME_DIR": str(folder / "one" / "runtime"), **environ}


def shell(command: str, folder: Path, code: int = 0, **environ: str) -> str:
    """What a line prints in such a shell."""
    done = subprocess.run(
        [shutil.which("bash") or "bash", "-c", command],
        env=surroundings(folder, **environ),
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout if code == 0 else done.stdout + done.stderr


def wait(condition: Callable[[], object]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_from_nothing_to_a_result(server: Callable[..., Server], tmp_path: Path) -> None:
    server()
    compute = 'python -c "from distributed import Client; print(Client().submit(sum, range(10)).result())"'
    said = shell(f'casa new local --workers 2 --wait && eval "$(casa env)" && {compute}', tmp_path)
    assert said.splitlines()[-1] == "45"
    attach = "import casa_labext; print(casa_labext.attach('This machine').submit(sum, [20, 22]).result())"
    assert shell(f'python -c "{attach}"', tmp_path).splitlines()[-1] == "42"
    (cluster,) = json.loads(shell("casa list --json", tmp_path))
    head, line = shell("jupyter casa list", tmp_path).splitlines()
    assert head == "ID        NAME          PROFILE  STATE    WORKERS  DEFAULT"
    assert line == f"{cluster['id'][:8]}  This machine  local    running  2/2"

    assert shell("casa scale 1", tmp_path) == "This machine: running, 1 workers wanted, 2 run\n"
    assert "0 to 2 workers wanted" in shell(f"casa adapt {cluster['id'][:8]} 0 2", tmp_path)
    assert json.loads(shell("casa list --json", tmp_path))[0]["size"] == {"minimum": 0, "maximum": 2}
    assert "No jobs." in shell("casa jobs", tmp_path)
    assert "Scheduler at" in shell("casa logs --source scheduler", tmp_path)
    assert json.loads(shell("casa logs --json", tmp_path))[0]["name"] == "Cluster host"
    variables = json.loads(shell("casa env --json", tmp_path))
    assert variables["DASK_SCHEDULER_ADDRESS"] == cluster["connection"]["address"]
    assert "good     Scheduler: It runs at tls://" in shell("casa why", tmp_path)
    assert shell("casa close", tmp_path) == "This machine\n"


def test_what_cannot_be_done(server: Callable[..., Server], tmp_path: Path) -> None:
    one = server()
    assert "There is no profile 'nothing'" in shell("casa new nothing", tmp_path, code=1)
    assert "options.threads-per-worker: " in shell("casa new local -o threads-per-worker=0", tmp_path, code=1)
    assert "is not KEY=VALUE" in shell("casa new local -o threads-per-worker", tmp_path, code=1)
    assert "The value of a is no YAML: {" in shell("casa new local -o a={", tmp_path, code=1)
    for words in ("", "nothing", "new", "new local --workers 1 --adapt 0 2", "scale many", "close mine --all"):
        assert "usage: casa" in shell(f"casa {words}", tmp_path, code=2)
    for url in ("nonsense", "ftp://localhost/", "http://[::1/", "http://localhost:99999", "http:///lab"):
        assert f"casa: {url!r} is not the address of a server." in shell(f"casa list --url {url}", tmp_path, code=1)
    assert "does not answer: ConnectionRefusedError" in shell("casa list --url http://127.0.0.1:1", tmp_path, code=1)
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


def test_who_gets_the_token(server: Callable[..., Server], tmp_path: Path) -> None:
    """A server of this user, by any name of this machine; never an address that was typed."""
    one = server()
    port = one.url.rstrip("/").rpartition(":")[2]
    for host in ("localhost", "127.0.0.1"):
        assert shell(f"casa list --url http://{host}:{port}/lab/tree/notebook.ipynb", tmp_path) == "No clusters.\n"

    seen: list[str] = []

    class Stranger(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers["Authorization"])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

    with http.server.HTTPServer(("127.0.0.1", 0), Stranger) as stranger:
        threading.Thread(target=stranger.serve_forever).start()
        url = f"http://127.0.0.1:{stranger.server_port}"
        assert f"{url}/ does not answer: " in shell(f"casa list --url {url}", tmp_path, code=1, JUPYTERHUB_API_TOKEN="hub-token")
        stranger.shutdown()
    assert seen == ["token "]


def test_several_servers(server: Callable[..., Server], tmp_path: Path) -> None:
    """A terminal has its server's clusters, a shell elsewhere has to say which."""
    shared = {"JUPYTER_RUNTIME_DIR": str(tmp_path / "one" / "runtime")}
    one, two = server(), server("two", base_url="/user/ada/", **shared)
    two.call("POST", "clusters", {"profile": "local", "size": {"workers": 0}, "name": "of two"})
    assert "Several Jupyter servers run: http://" in shell("casa list", tmp_path, code=1)
    assert "of two" in shell(f"casa list --url {two.url}", tmp_path)
    assert shell("casa list", tmp_path, JUPYTER_SERVER_URL=one.url) == "No clusters.\n"

    client = HTTPClient()
    headers = {"Authorization": f"token {TOKEN}"}
    terminal = json.loads(client.fetch(f"{two.url}api/terminals", method="POST", body="", headers=headers).body)["name"]
    client.close()
    url = f"{two.url}terminals/websocket/{terminal}?token={TOKEN}".replace("http", "ws", 1)
    connection = websocket.create_connection(url, timeout=DEADLINE)
    assert "of two" in in_terminal(connection, f"{CASA} list")
    assert "of two" in in_terminal(connection, f"env -u JUPYTER_SERVER_URL {CASA} list")
    connection.close()
    two.call("DELETE", f"clusters/{two.get('clusters')[0]['id']}")
    two.wait(lambda: two.get("clusters") == [])


@pytest.fixture
def jupyter(tmp_path: Path) -> Iterator[Callable[..., JSON]]:
    """Start `jupyter server` with arguments; what it tells the user's other processes."""
    started = []
    runtime = tmp_path / "one" / "runtime"

    def start(*arguments: str, where: str = "") -> JSON:
        where = where or f"port={free_port()}"
        with (tmp_path / "log").open("wb") as log:
            command = ["jupyter", "server", "--allow-root", "--no-browser", f"--ServerApp.{where}", f"--ServerApp.root_dir={tmp_path}"]
            started.append(subprocess.Popen([*command, *arguments], env=surroundings(tmp_path), stdout=log, stderr=log))
        file = runtime / f"jpserver-{started[-1].pid}.json"
        wait(lambda: started[-1].poll() is not None or (file.exists() and file.read_text().endswith("}")))
        info: JSON = json.loads(file.read_text())
        return info

    yield start
    for process in started:
        process.terminate()
        process.wait(30)


def test_a_token_is_for_its_server_alone(tmp_path: Path) -> None:
    """The home may be another machine's too, where the same pid and port are somebody else's."""
    runtime = tmp_path / "one" / "runtime"
    runtime.mkdir(parents=True)
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        # The first process of all is there, and does not listen.
        info = {"pid": 1, "port": port, "url": f"http://127.0.0.1:{port}/", "token": "secret"}
        (runtime / "jpserver-1.json").write_text(json.dumps(info))
        assert "No Jupyter server of yours runs here" in shell("casa list", tmp_path, code=1)


def test_an_encrypted_server(jupyter: Callable[..., JSON], tmp_path: Path) -> None:
    tls = certificates.write(tmp_path / "tls", certificates.begin())
    info = jupyter(f"--certfile={tls.cert}", f"--keyfile={tls.key}")
    assert "cannot be trusted: SSLCertVerificationError" in shell("casa list", tmp_path, code=1)
    assert shell("casa list", tmp_path, SSL_CERT_FILE=tls.ca) == "No clusters.\n"
    assert "does not answer" in shell(f"casa list --url {info['url'].replace('https', 'http')}", tmp_path, code=1)


def test_a_server_on_a_socket(jupyter: Callable[..., JSON], tmp_path: Path) -> None:
    info = jupyter("--ServerApp.base_url=/ada", where=f"sock={Path(os.environ['TMPDIR']) / 'jupyter.sock'}")
    assert info["url"].startswith("http+unix://")
    assert shell("casa list", tmp_path) == "No clusters.\n"
    assert shell(f"casa list --url '{info['url']}?token={info['token']}'", tmp_path) == "No clusters.\n"


def test_a_server_with_a_password(jupyter: Callable[..., JSON], tmp_path: Path) -> None:
    password = passwd("secret")  # type: ignore[no-untyped-call]
    jupyter(f"--PasswordIdentityProvider.hashed_password={password}", "--IdentityProvider.token=")
    said = shell("casa list", tmp_path, code=1)
    assert "does not let you in. Give its token" in said
    assert "one with a password alone has none" in said


def test_a_server_without_the_extension(jupyter: Callable[..., JSON], tmp_path: Path) -> None:
    jupyter("--ServerApp.jpserver_extensions={'casa_labext': False}")
    assert "does not have casa_labext. Run casa doctor" in shell("casa list", tmp_path, code=1)


def test_interrupted_while_it_waits(server: Callable[..., Server], tmp_path: Path) -> None:
    """The cluster goes on, and its logs can be followed to its end."""
    one = server()

    def start(command: str, output: int = subprocess.PIPE) -> subprocess.Popen[str]:
        return subprocess.Popen(command.split(), env=surroundings(tmp_path), stdout=output, stderr=subprocess.PIPE, text=True)

    with start("casa new local --name mine --workers 1 --wait") as waiting:
        one.wait(lambda: one.get("clusters"))
        waiting.send_signal(signal.SIGINT)
        _, said = waiting.communicate(timeout=DEADLINE)
    assert waiting.returncode == 130
    assert "mine goes on; casa close mine shuts it down." in said
    cluster = one.running(one.get("clusters")[0]["id"], workers=1)

    with start("casa logs -f mine") as following:
        assert following.stdout
        assert following.stdout.readline()
        one.call("DELETE", f"clusters/{cluster['id']}")
        _, said = following.communicate(timeout=DEADLINE)
    assert said == "mine is gone.\n"
    assert following.returncode == 0


def test_a_narrow_terminal(server: Callable[..., Server], tmp_path: Path) -> None:
    """What is long goes on in the next line, and below its own row."""
    reason = "It cannot be, for reasons that take more than a line of eighty columns to be told in full, as here."
    (tmp_path / "broken.py").write_text(f"def C(**_): raise RuntimeError({reason!r})")
    (tmp_path / "dask.yaml").write_text("casa-labext: {profiles: {broken: {kind: factory, settings: {module: broken, class: C}}}}")
    one = server(DASK_CONFIG=str(tmp_path / "dask.yaml"), PYTHONPATH=str(tmp_path))
    cluster = one.call("POST", "clusters", {"profile": "broken", "name": "With a name that is rather long"})
    one.wait(lambda: one.get(f"clusters/{cluster['id']}")["state"] == "failed")
    main_end, other_end = pty.openpty()
    fcntl.ioctl(other_end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    done = subprocess.run(["casa", "list"], env=surroundings(tmp_path), stdout=other_end, timeout=DEADLINE, check=True)
    os.close(other_end)
    head, row, *note = os.read(main_end, 100_000).decode().split("\r\n")
    os.close(main_end)
    assert done.returncode == 0
    assert head.index("STATE") == row.index("failed")
    assert len(note) > 2
    assert all(len(line) <= 80 for line in (head, row, *note))
    assert all(line.startswith("    ") for line in note[:-1])
    assert reason in " ".join(line.strip() for line in note)
    assert reason in shell("casa list", tmp_path).splitlines()[2]
    one.call("DELETE", f"clusters/{cluster['id']}")


def test_help(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All words of all commands are described, in 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    (commands,) = (action.choices for action in main._parser()._actions if isinstance(action, argparse._SubParsersAction))
    assert list(commands) == ["list", "new", "scale", "adapt", "logs", "jobs", "why", "env", "close", "doctor"]
    for command, parser in commands.items():
        assert [action.dest for action in parser._actions if not action.help] == []
        assert max(map(len, parser.format_help().splitlines())) <= 80, command
    assert "Start a cluster." in shell("casa --help", tmp_path)
    assert re.match(r"\d+\.\d+", shell("casa --version", tmp_path))


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
    nowhere: dict[str, Any] = {"PATH": str(programs), "HOME": str(tmp_path)}
    found = json.loads(shell("casa doctor --json", tmp_path, **nowhere))
    by_name: dict[str, JSON] = {finding["what"]: finding for finding in found}
    assert by_name["profile local"]["good"]
    assert by_name["server extension casa_labext"]["good"]
    assert by_name["server extension jupyter_server_proxy"]["good"]
    absent = {"htcondor": "condor_submit", "coffea-casa": "condor_submit", "slurm": "sbatch", "pbs": "qsub"}
    for profile, command in absent.items():
        finding = by_name[f"profile {profile}"]
        assert finding == {"what": f"profile {profile}", "good": False, "text": f"{command} is not on PATH.", "must": False}
    assert not by_name["profile kubernetes"]["good"]

    said = shell("casa doctor", tmp_path, **nowhere).splitlines()
    assert [line[:4] for line in said] == ["ok  " if finding["good"] else "--  " for finding in found]
    assert "--  profile slurm: sbatch is not on PATH." in said

    config = tmp_path / "dask.yaml"
    config.write_text("casa-labext: {profiles: {x: {kind: nothing}}}")
    said = shell("casa doctor", tmp_path, code=1, DASK_CONFIG=str(config), **nowhere).splitlines()
    assert any(line.startswith("!!  casa-labext.profiles.x") for line in said)
    assert "ok  profile local: This machine is ready." in said


def test_doctor_finds_what_is_disabled(tmp_path: Path) -> None:
    # In a virtual environment, its own files have the last word otherwise.
    place: dict[str, Any] = {"JUPYTER_CONFIG_DIR": str(tmp_path), "JUPYTER_PREFER_ENV_PATH": "0"}
    (tmp_path / "jupyter_server_config.json").write_text('{"ServerApp": {"jpserver_extensions": {"casa_labext": false}}}')
    (tmp_path / "labconfig").mkdir()
    (tmp_path / "labconfig" / "page_config.json").write_text('{"disabledExtensions": {"casa-labext": true}}')
    said = shell("casa doctor", tmp_path, code=1, **place)
    assert "!!  server extension casa_labext: It is not: run jupyter server extension enable casa_labext." in said
    assert "!!  front end: It is disabled: run jupyter labextension enable casa-labext." in said


def test_the_latest_lines_of_a_log_that_is_full(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    texts = iter(["a\nb\n", "a\nb\nc\n", "c\nd\n"])

    class Fake:
        def cluster(self, name: str | None) -> JSON:
            return {"id": "1", "name": "mine"}

        def call(self, method: str, path: str, **query: str) -> list[JSON]:
            try:
                return [{"name": "host", "text": next(texts)}]
            except StopIteration:
                raise Unknown("The cluster is gone.") from None

    monkeypatch.setattr(RestServer, "find", lambda *_: Fake())
    monkeypatch.setattr(main, "INTERVAL", 0)
    assert main.main(["logs", "-f"]) == 0
    assert capsys.readouterr().out == "a\nb\nc\nd\n"
