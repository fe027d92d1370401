"""Whole Jupyter servers, each in a process and folders of its own."""

from __future__ import annotations

import json
import os
import secrets
import socket
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
#: Marks a server and all that it starts, in their environment.
MARK = "CASA_LABEXT_BENCH"
#: Seconds that a server takes to start or to stop, at most.
DEADLINE = 60


@dataclass
class Server:
    """A server in folders of its own."""

    port: int
    token: str
    #: What all its processes have in their environment.
    mark: str
    folder: Path
    command: list[str]
    environ: dict[str, str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers. No request reaches it before: it listens shortly before its loop runs."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, env=self.environ, cwd=self.folder, stdout=log, stderr=log, start_new_session=True)
        end = time.monotonic() + DEADLINE
        while self.process.poll() is None and time.monotonic() < end:
            try:
                self.get("api/status")
                return
            except ConnectionError:
                time.sleep(0.02)
        raise RuntimeError(f"The server did not start:\n{self.log.read_text()[-3000:]}")

    def kill(self) -> None:
        """End it as a crash does: what it started may go on."""
        assert self.process
        self.process.kill()
        self.process.wait()

    @property
    def log(self) -> Path:
        """What it prints."""
        return self.folder / "server.log"

    def ask(self, method: str, path: str, body: object = None, *, timeout: float = DEADLINE) -> tuple[int, bytes]:
        """Status and body of an answer; TimeoutError if there is none within `timeout` seconds."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, f"/{path}", text, {"Authorization": f"token {self.token}", "Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def fetch(self, method: str, path: str, body: object = None) -> bytes:
        """An answer; RuntimeError if it is not a good one."""
        status, answer = self.ask(method, path, body)
        if status >= 400:
            raise RuntimeError(f"{method} {path}: {status} {answer[-500:].decode(errors='replace')}")
        return answer

    def call(self, method: str, path: str, body: object = None) -> Any:
        """The JSON of an answer, None if there is none."""
        answer = self.fetch(method, path, body)
        return json.loads(answer) if answer else None

    def get(self, path: str) -> Any:
        """GET."""
        return self.call("GET", path)

    def read(self) -> Any:
        """What ticker.py measured since the last reading."""
        return self.get("bench-ticker")

    def processes(self) -> list[psutil.Process]:
        """Its own process, and all those that it started, however far away."""
        return [process for process in psutil.process_iter() if _has(process, self.mark)]


@contextmanager
def serve(python: Path, extensions: Iterable[str], environ: Mapping[str, str]) -> Iterator[Server]:
    """A server with the ticker, these extensions and no others, that has answered once; at the end nothing of it is left."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token, mark = secrets.token_hex(), secrets.token_hex()
    # Installed packages are compiled; ours, in the checkout, must be as well.
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory(prefix="casa-labext-bench-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        options = {
            "jpserver_extensions": repr(dict.fromkeys(["bench.ticker", *extensions], True)),
            "root_dir": name,
            "ip": "127.0.0.1",
            "port": port,
            "port_retries": 0,
        }
        server = Server(
            port=port,
            token=token,
            mark=mark,
            folder=folder,
            command=[str(python), "-m", "jupyter_server", "--allow-root", "--no-browser"]
            + [f"--ServerApp.{option}={value}" for option, value in options.items()],
            environ={
                **inherited,
                **environ,
                **{f"JUPYTER_{kind}_DIR": str(folder / kind.lower()) for kind in ("RUNTIME", "CONFIG", "DATA")},
                "JUPYTER_NO_CONFIG": "1",  # the environment's own files would enable more extensions
                "JUPYTER_TOKEN": token,
                "TMPDIR": name,  # what a killed process leaves goes with the rest
                "PYTHONPATH": str(ROOT),
                MARK: mark,
            },
        )
        try:
            server.start()
            yield server
        finally:
            _end(server)


def until(condition: Callable[[], bool], poll: float = 0.02, deadline: float = DEADLINE) -> None:
    """Wait until something holds, looking every `poll` seconds; TimeoutError if it does not within `deadline` seconds."""
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {deadline:g} s")
        time.sleep(poll)


def median_time(action: Callable[[], object], times: int = 20) -> float:
    """How long something short takes, in seconds."""

    def timed() -> float:
        begin = time.monotonic()
        action()
        return time.monotonic() - begin

    return statistics.median(timed() for _ in range(times))


@contextmanager
def helper(python: Path, module: str, connection: Mapping[str, Any], *words: str) -> Iterator[Callable[[str], str]]:
    """A process beside the server that is connected to a cluster: it answers a line with a line. Its first line says that it is ready."""
    command = [str(python), "-m", module, json.dumps(connection), *words]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environ) as process:
        try:
            assert process.stdin
            assert process.stdout
            requests, answers = process.stdin, process.stdout
            answers.readline()

            def ask(line: str) -> str:
                print(line, file=requests, flush=True)
                return answers.readline()

            yield ask
            requests.close()
            process.wait(DEADLINE)
        finally:
            process.kill()


def _end(server: Server) -> None:
    if server.process:
        server.process.terminate()
        try:
            server.process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            server.kill()
    while left := server.processes():
        for other in left:
            try:
                other.kill()
            except psutil.NoSuchProcess:
                pass
        psutil.wait_procs(left, timeout=1)


def _has(process: psutil.Process, mark: str) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark
    except (psutil.Error, OSError):
        return False
