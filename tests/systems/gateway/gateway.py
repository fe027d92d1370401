"""Starts the gateway."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import time
import urllib.request
from pathlib import Path

from ..ports import free_port

CONFIG = Path(__file__).parent / "config.py"
#: Seconds for the gateway to answer.
DEADLINE = 60


class GatewayError(Exception):
    """The gateway cannot be started."""


def missing() -> str | None:
    """What is not installed."""
    return None if shutil.which("dask-gateway-server") else "dask-gateway-server is not installed: pip install dask-gateway-server"


class GatewayServer:
    """The server with its proxy."""

    def __init__(self, folder: Path) -> None:
        address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}"
        self.password = secrets.token_hex()
        self._environ = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("DASK_", "JUPYTER"))},
            "GATEWAY_ADDRESS": address,
            "GATEWAY_FOLDER": str(folder / "clusters"),
            "GATEWAY_PASSWORD": self.password,
        }
        self._folder = folder
        self.log = folder / "gateway.log"
        self.start()

    def start(self) -> None:
        """Start it, once more after `stop`."""
        with self.log.open("a") as log:
            command = ["dask-gateway-server", "--config", str(CONFIG)]
            self._process = subprocess.Popen(
                command, cwd=self._folder, env=self._environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        end = time.monotonic() + DEADLINE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                self.stop()
                raise GatewayError(self.log.read_text()[-2000:])
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/api/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def environ(self, user: str, password: str | None = None) -> dict[str, str]:
        """What a user has in the environment."""
        return {
            "DASK_GATEWAY__ADDRESS": self.url,
            "DASK_GATEWAY__AUTH__TYPE": "basic",
            "DASK_GATEWAY__AUTH__KWARGS": str({"username": user, "password": password or self.password}),
        }

    def stop(self) -> None:
        """Stop it with all its clusters."""
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
