"""Starts a JupyterHub, and talks to it as users and their browsers do."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import requests

HERE = Path(__file__).parent
PROXY = HERE.parents[2] / "node_modules" / ".bin" / "configurable-http-proxy"
BASE = "/facility/"
#: Seconds for the Hub, and for each server of a user.
DEADLINE = 90


class HubError(Exception):
    """The Hub cannot be started."""


def missing() -> str | None:
    """What is not installed."""
    if not PROXY.exists():
        return "configurable-http-proxy is not installed: jlpm install"
    return None if shutil.which("jupyterhub") else "jupyterhub is not installed: pip install jupyterhub"


class User:
    """A user's server, as a browser or a script with a token sees it."""

    def __init__(self, hub: Hub, name: str, server: str, url: str) -> None:
        self.name, self.server, self.url = name, server, url
        self.origin = hub.origin
        self.token: str = hub.call("POST", f"users/{quote(name)}/tokens", {})["token"]

    def fetch(self, path: str, method: str = "GET", body: Any = None, token: str | None = None) -> Any:
        """Ask for a path below the origin, without following redirects."""
        headers = {"Authorization": f"token {token or self.token}"}
        return requests.request(method, self.origin + path, json=body, headers=headers, timeout=60, allow_redirects=False)

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """The answer of our REST interface."""
        answer = self.fetch(f"{self.url}casa-labext/api/{path}", method, body)
        assert answer.ok, answer.text
        return answer.json()

    def wait(self, cluster: str, workers: int) -> Any:
        """A cluster that runs with its workers."""
        end = time.monotonic() + DEADLINE
        while True:
            found = self.api("GET", f"clusters/{cluster}")
            if (found["state"], found["workers"]["running"]) == ("running", workers):
                return found
            assert found["state"] in ("starting", "running", "degraded"), found
            assert time.monotonic() < end, found
            time.sleep(0.2)


def start(folder: Path) -> Hub:
    """A Hub. Its ports are free when it is told of them, and may not be a moment later: then others are tried."""
    for attempt in range(3):
        (place := folder / str(attempt)).mkdir()
        try:
            return Hub(place)
        except HubError:
            if attempt == 2:
                raise
    raise AssertionError


class Hub:
    """The Hub and its proxy."""

    def __init__(self, folder: Path) -> None:
        sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
        ports = [str(listening.getsockname()[1]) for listening in sockets]
        for listening in sockets:
            listening.close()
        self.origin = f"http://127.0.0.1:{ports[0]}"
        self.password, self._token = secrets.token_hex(), secrets.token_hex()
        environ = {
            **os.environ,
            "HUB_FOLDER": str(folder),
            "HUB_PORTS": " ".join(ports),
            "HUB_BASE": BASE,
            "HUB_PROXY": str(PROXY),
            "HUB_PASSWORD": self.password,
            "HUB_TOKEN": self._token,
            "CONFIGPROXY_AUTH_TOKEN": secrets.token_hex(),
        }
        for name in ("PYTHONPATH", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_PATH", "DASK_CONFIG"):
            environ.pop(name, None)
        (folder / "home").mkdir()
        self.log = folder / "hub.log"
        with self.log.open("w") as log:
            command = [sys.executable, "-m", "jupyterhub", "--config", str(HERE / "jupyterhub_config.py")]
            self._process = subprocess.Popen(command, cwd=folder, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + DEADLINE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                self.close()
                raise HubError(self.log.read_text()[-2000:])
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            answer = requests.get(f"{self.origin}{BASE}hub/api/", timeout=5)
            return "version" in answer.json()
        except requests.RequestException:
            return False  # nobody, or somebody else

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """The Hub's own REST interface."""
        headers = {"Authorization": f"token {self._token}"}
        answer = requests.request(method, f"{self.origin}{BASE}hub/api/{path}", json=body, headers=headers, timeout=DEADLINE)
        assert answer.ok, f"{path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.text else None

    def start(self, name: str, server: str = "") -> User:
        """A user's server, running."""
        user = quote(name)
        known = {one["name"] for one in self.call("GET", "users")}
        if name not in known:
            self.call("POST", f"users/{user}")
        self.call("POST", f"users/{user}/servers/{server}" if server else f"users/{user}/server")
        end = time.monotonic() + DEADLINE
        while not (model := self.call("GET", f"users/{user}")["servers"].get(server, {})).get("ready"):
            assert time.monotonic() < end, self.log.read_text()[-2000:]
            time.sleep(0.2)
        return User(self, name, server, model["url"])

    def stop(self, user: User) -> None:
        """Stop a user's server, as the Hub's own page does."""
        name = quote(user.name)
        self.call("DELETE", f"users/{name}/servers/{user.server}" if user.server else f"users/{name}/server")

    def browser(self, name: str) -> Any:
        """A session with the cookies of a user who has logged in."""
        session = requests.Session()
        login = f"{self.origin}{BASE}hub/login"
        session.get(login, timeout=30)
        data = {"username": name, "password": self.password, "_xsrf": session.cookies.get("_xsrf", path=f"{BASE}hub/")}
        answer = session.post(f"{login}?next={BASE}hub/home", data=data, timeout=30)
        assert answer.ok, answer.text
        assert name in answer.text
        return session

    def close(self) -> None:
        """End it, with its proxy and all servers."""
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        # A Hub that ends while it starts leaves its proxy behind.
        if (pid := self.log.with_name("jupyterhub-proxy.pid")).exists():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid.read_text()), signal.SIGTERM)
