"""Whole Jupyter servers: started, stopped, killed, started again."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import DEADLINE, JSON, cluster_processes
from systems.ports import free_port
from tornado.httpclient import HTTPClient, HTTPClientError

from casa_labext.host import outside
from casa_labext.host.record import Record

pytestmark = pytest.mark.system

TOKEN = "test-token"


def _port(file: Path) -> int | None:
    """Of Jupyter's file about a server, when that is written."""
    with suppress(OSError, ValueError):
        port: int = json.loads(file.read_text())["port"]
        return port
    return None


class Server:
    """A `jupyter server` in a process of its own."""

    def __init__(self, folder: Path, base_url: str = "/", **environ: str) -> None:
        self.folder = folder
        self.base_url = base_url
        self._environ = environ
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        options = {
            "ServerApp.jpserver_extensions": "{'casa_labext': True, 'jupyter_server_proxy': True}",
            "ServerApp.root_dir": str(self.folder),
            "ServerApp.base_url": self.base_url,
            "ServerApp.port": str(free_port()),
            "ServerApp.ip": "127.0.0.1",
            "IdentityProvider.token": TOKEN,
        }
        environ = {
            **os.environ,
            "JUPYTER_RUNTIME_DIR": str(self.folder / "runtime"),
            "JUPYTER_CONFIG_DIR": str(self.folder / "config"),
            "JUPYTER_DATA_DIR": str(self.folder / "data"),
            **self._environ,
        }
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "jupyter_server", "--allow-root", "--no-browser"]
                + [f"--{name}={value}" for name, value in options.items()],
                env=environ,
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )
        # Another may have taken the port meanwhile: then it has the next one.
        told = Path(environ["JUPYTER_RUNTIME_DIR"], f"jpserver-{self.process.pid}.json")
        self.url = f"http://127.0.0.1:{self.wait(lambda: _port(told))}{self.base_url}"
        self.wait(lambda: self.get("clusters") is not None)

    def call(self, method: str, path: str, body: object = None) -> Any:
        client = HTTPClient()
        try:
            response = client.fetch(
                f"{self.url}casa-labext/api/{path}",
                method=method,
                body=None if body is None else json.dumps(body),
                headers={"Authorization": f"token {TOKEN}"},
                allow_nonstandard_methods=True,
                request_timeout=DEADLINE,
            )
        finally:
            client.close()
        return json.loads(response.body)

    def get(self, path: str) -> Any:
        try:
            return self.call("GET", path)
        except (OSError, HTTPClientError):
            return None

    def wait(self, condition: Callable[[], Any], deadline: float = DEADLINE) -> Any:
        end = time.monotonic() + deadline
        while not (result := condition()):
            assert time.monotonic() < end, (self.folder / "server.log").read_text()[-3000:]
            time.sleep(0.2)
        return result

    def running(self, cluster_id: str, workers: int) -> JSON:
        def runs() -> JSON | None:
            cluster = self.get(f"clusters/{cluster_id}")
            return cluster if cluster and (cluster["state"], cluster["workers"]["running"]) == ("running", workers) else None

        cluster: JSON = self.wait(runs)
        return cluster

    def end(self, number: int) -> float:
        """Send a signal and wait for the end; how long it took, in seconds."""
        assert self.process
        start = time.monotonic()
        self.process.send_signal(number)
        self.process.wait(30)
        return time.monotonic() - start


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Make servers, and stop those that still run."""
    servers = []

    def make(folder: str = "one", **values: str) -> Server:
        (tmp_path / folder).mkdir(exist_ok=True)
        servers.append(Server(tmp_path / folder, **values))
        servers[-1].start()
        return servers[-1]

    yield make
    for made in servers:
        if made.process and made.process.poll() is None:
            made.end(signal.SIGTERM)


def python(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-u", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_killed_server_is_followed_by_one_that_adopts_its_clusters(server: Callable[..., Server]) -> None:
    first = server()
    cluster = first.call("POST", "clusters", {"profile": "local", "size": {"workers": 2}, "name": "mine"})
    cluster = first.running(cluster["id"], workers=2)
    # A notebook's client: one task before, one during and one after the change of servers.
    code = cluster["connection"]["snippet"] + "\nfor line in open(0): print(client.submit(sum, [int(line), 1], pure=False).result())\n"
    with python(code) as notebook:
        assert notebook.stdin
        assert notebook.stdout

        def compute(number: int) -> None:
            assert notebook.stdin
            assert notebook.stdout
            notebook.stdin.write(f"{number}\n")
            notebook.stdin.flush()
            assert notebook.stdout.readline() == f"{number + 1}\n"

        compute(1)
        first.end(signal.SIGKILL)
        compute(2)
        first.start()
        adopted = first.running(cluster["id"], workers=2)
        compute(3)
        notebook.stdin.close()
        assert notebook.wait(20) == 0
    for key in ("name", "created", "connection", "size", "profile"):
        assert adopted[key] == cluster[key]
    first.call("POST", f"clusters/{cluster['id']}/scale", {"workers": 1})
    first.running(cluster["id"], workers=1)
    first.call("DELETE", f"clusters/{cluster['id']}")
    first.wait(lambda: first.get("clusters") == [])
    assert cluster_processes() == {}


def test_stopped_server_closes_its_clusters(server: Callable[..., Server], tmp_path: Path) -> None:
    one = server()
    for _ in range(3):
        one.call("POST", "clusters", {"profile": "local", "size": {"workers": 1}})
    for cluster in one.get("clusters"):
        one.running(cluster["id"], workers=1)
    one.call("POST", "clusters", {"profile": "local"})  # still starting
    assert one.end(signal.SIGTERM) < 10
    assert cluster_processes() == {}
    assert list((tmp_path / "one" / "runtime" / "casa-labext" / "clusters").iterdir()) == []


def test_interrupted_server_closes_its_clusters(server: Callable[..., Server]) -> None:
    """A SIGINT that comes from no terminal ends Jupyter without stopping its extensions."""
    one = server()
    cluster = one.call("POST", "clusters", {"profile": "local", "size": {"workers": 1}})
    one.running(cluster["id"], workers=1)
    one.end(signal.SIGINT)
    one.wait(lambda: cluster_processes() == {}, deadline=10)


def test_stopped_server_leaves_what_is_to_be_kept(server: Callable[..., Server]) -> None:
    one = server()
    cluster = one.call("POST", "clusters", {"profile": "local", "size": {"workers": 1}, "keep": True})
    one.running(cluster["id"], workers=1)
    one.end(signal.SIGTERM)
    assert cluster_processes()
    one.start()
    one.running(cluster["id"], workers=1)
    one.call("DELETE", f"clusters/{cluster['id']}")
    one.wait(lambda: one.get("clusters") == [])


def test_cluster_closes_itself_when_no_server_comes_back(server: Callable[..., Server], tmp_path: Path) -> None:
    (tmp_path / "dask.yaml").write_text("casa-labext: {timeouts: {orphan: 2}}")
    one = server(DASK_CONFIG=str(tmp_path / "dask.yaml"))
    cluster = one.call("POST", "clusters", {"profile": "local", "size": {"workers": 1}})
    one.running(cluster["id"], workers=1)
    one.end(signal.SIGKILL)
    one.wait(lambda: cluster_processes() == {}, deadline=20)
    one.start()
    one.wait(lambda: one.get("clusters") == [])
    assert list((tmp_path / "one" / "runtime" / "casa-labext" / "clusters").iterdir()) == []


def test_server_and_host_killed_leave_nothing_for_the_next(server: Callable[..., Server], tmp_path: Path) -> None:
    one = server()
    cluster = one.call("POST", "clusters", {"profile": "local", "size": {"workers": 1}})
    one.running(cluster["id"], workers=1)
    folder = tmp_path / "one" / "runtime" / "casa-labext" / "clusters"
    record = Record.load(folder / cluster["id"])

    def semaphores() -> list[Path]:
        return list(outside.SEMAPHORES.glob(f"sem.casa-labext-{record.id[:8]}-*"))

    assert semaphores() != [] or sys.platform != "linux"
    one.end(signal.SIGKILL)
    os.kill(record.pid, signal.SIGKILL)
    one.start()
    one.wait(lambda: one.get("clusters") == [])
    assert cluster_processes() == {}
    assert list(folder.iterdir()) == []
    assert not Path(record.scratch).exists()
    assert semaphores() == []


def test_a_cluster_that_is_wanted_from_the_beginning_follows_one_that_died(server: Callable[..., Server], tmp_path: Path) -> None:
    (tmp_path / "dask.yaml").write_text("casa-labext: {autostart: [{profile: local, name: Always}]}")
    one = server(DASK_CONFIG=str(tmp_path / "dask.yaml"))
    one.wait(lambda: bool(one.get("clusters")))
    (first,) = one.get("clusters")
    one.running(first["id"], workers=2)
    record = Record.load(tmp_path / "one" / "runtime" / "casa-labext" / "clusters" / first["id"])
    one.end(signal.SIGKILL)
    os.kill(record.pid, signal.SIGKILL)
    one.start()
    one.wait(lambda: [cluster["name"] for cluster in one.get("clusters") if cluster["id"] != first["id"]] == ["Always"])
    (second,) = [cluster for cluster in one.get("clusters") if cluster["id"] != first["id"]]
    one.running(second["id"], workers=2)


def test_two_servers_of_one_user_leave_each_other_alone(server: Callable[..., Server], tmp_path: Path) -> None:
    one = server()
    cluster = one.call("POST", "clusters", {"profile": "local", "size": {"workers": 1}})
    one.running(cluster["id"], workers=1)
    two = server("two", JUPYTER_RUNTIME_DIR=str(tmp_path / "one" / "runtime"))
    two.wait(lambda: two.get("clusters") == [])
    two.end(signal.SIGTERM)
    one.running(cluster["id"], workers=1)


def test_dashboard_below_a_users_url(server: Callable[..., Server]) -> None:
    one = server(base_url="/user/a.b@cern.ch/")
    cluster = one.call("POST", "clusters", {"profile": "local", "size": {"workers": 0}})
    cluster = one.running(cluster["id"], workers=0)
    assert re.fullmatch(r"/user/a\.b@cern\.ch/proxy/\d+/status", cluster["dashboard"])
    client = HTTPClient()
    response = client.fetch(one.url.removesuffix(one.base_url) + cluster["dashboard"], headers={"Authorization": f"token {TOKEN}"})
    client.close()
    assert b"Dask" in response.body


def test_loading_the_extension_is_cheap() -> None:
    """Neither dask nor what comes with it is imported into the server's process."""
    code = (
        "import sys, casa_labext; casa_labext._jupyter_server_extension_points(); import casa_labext.routes;"
        "print(*sorted({'dask', 'distributed', 'numpy', 'aiohttp', 'cryptography', 'bokeh'} & sys.modules.keys()))"
    )
    output = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert output.strip() == ""


def test_stopped_server_does_not_wait_for_a_cluster_that_hangs(server: Callable[..., Server], tmp_path: Path) -> None:
    (tmp_path / "dask.yaml").write_text(
        "casa-labext: {profiles: {hangs: {kind: factory, settings: {module: factories, class: HangsInClose, kwargs: {n-workers: 1}}}}}"
    )
    one = server(DASK_CONFIG=str(tmp_path / "dask.yaml"), PYTHONPATH=str(Path(__file__).parent))
    cluster = one.call("POST", "clusters", {"profile": "hangs", "size": {"workers": 1}})
    one.running(cluster["id"], workers=1)
    assert one.end(signal.SIGTERM) < 10
    assert cluster_processes() == {}
