"""Fixtures: a Jupyter server with the extension, and ways to wait for what it says."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tornado.httpclient import HTTPClientError

from casa_labext import registry
from casa_labext.host.processes import FORK_SERVER, MARK

pytest_plugins = ("pytest_jupyter.jupyter_server", "systems.batch.fixtures")

JSON = dict[str, Any]

#: Marks the processes of this run, in their environment: clusters of the user's own are none of our business.
RUN_MARK = "CASA_LABEXT_TEST_RUN"
RUN = uuid.uuid4().hex
os.environ[RUN_MARK] = RUN

# A shell lets what it starts in the background ignore Ctrl-C; what is started here does not.
signal.signal(signal.SIGINT, signal.default_int_handler)

#: The temporary directory of this run; pytest's own folders stay where they are.
os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
TEMPORARY = Path(tempfile.mkdtemp(prefix="casa-test-"))
os.environ["TMPDIR"] = tempfile.tempdir = str(TEMPORARY)


@pytest.fixture
def dask_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Write a file of dask's configuration, which the server and its clusters read."""
    folder = tmp_path / "dask-config"
    folder.mkdir()
    monkeypatch.setenv("DASK_CONFIG", str(folder))

    def write(text: str) -> Path:
        path = folder / "test.yaml"
        path.write_text(text)
        return path

    return write


@pytest.fixture
def jp_server_config() -> JSON:
    """On this server every route needs a login."""
    return {
        "ServerApp": {"jpserver_extensions": {"casa_labext": True, "jupyter_server_proxy": True}, "allow_unauthenticated_access": False}
    }


#: Seconds to wait for what takes a few, on a machine that has much else to do.
DEADLINE = 120


class API:
    """The REST interface, as a script would use it."""

    def __init__(self, fetch: Callable[..., Awaitable[Any]]) -> None:
        self._fetch = fetch

    async def call(self, method: str, path: str, body: object = None, raw: bytes | None = None, **kwargs: Any) -> tuple[int, Any]:
        """Status and JSON of an answer."""
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        try:
            response = await self._fetch(
                *("casa-labext", "api", *path.split("/")),
                method=method,
                body=data,
                allow_nonstandard_methods=True,
                request_timeout=DEADLINE,
                **kwargs,
            )
        except HTTPClientError as error:
            assert error.response is not None, f"{method} {path} was not answered: {error}"
            return error.code, json.loads(error.response.body)
        return response.code, json.loads(response.body)

    async def get(self, path: str, **kwargs: Any) -> Any:
        status, answer = await self.call("GET", path, **kwargs)
        assert status == 200, answer
        return answer

    async def create(self, profile: str = "local", **request: Any) -> JSON:
        status, answer = await self.call("POST", "clusters", {"profile": profile, **request})
        assert status == 202, answer
        cluster: JSON = answer
        return cluster

    async def wait(self, cluster_id: str, condition: Callable[[JSON], bool], deadline: float = DEADLINE) -> JSON:
        """Wait until a cluster is as wanted."""
        end = time.monotonic() + deadline
        while True:
            cluster: JSON = await self.get(f"clusters/{cluster_id}")
            if condition(cluster):
                return cluster
            assert time.monotonic() < end, f"not in {deadline} s: {json.dumps(cluster, indent=1)}"
            await asyncio.sleep(0.1)

    async def running(self, cluster_id: str, workers: int = 0) -> JSON:
        """Wait until a cluster runs with so many workers."""

        def runs(cluster: JSON) -> bool:
            assert cluster["state"] in ("starting", "running", "degraded"), cluster
            return (cluster["state"], cluster["workers"]["running"]) == ("running", workers)

        return await self.wait(cluster_id, runs)

    async def gone(self, cluster_id: str, deadline: float = DEADLINE) -> None:
        """Wait until a cluster is no longer listed."""
        end = time.monotonic() + deadline
        while any(cluster["id"] == cluster_id for cluster in await self.get("clusters")):
            assert time.monotonic() < end, json.dumps(await self.get(f"clusters/{cluster_id}"))
            await asyncio.sleep(0.1)


async def compute(cluster: JSON, code: str, *, python: str = sys.executable, environ: dict[str, str] | None = None) -> str:
    """Run the snippet of a cluster and some code in a fresh Python; what it prints."""
    program = cluster["connection"]["snippet"] + "\n" + code
    process = await asyncio.create_subprocess_exec(
        python, "-c", program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={"PATH": os.environ["PATH"], **(environ or {})}
    )
    output, errors = await asyncio.wait_for(process.communicate(), DEADLINE)
    assert process.returncode == 0, errors.decode()
    return output.decode().strip()


@pytest.fixture
def api(
    dask_config: Callable[[str], Path], jp_serverapp: Any, jp_fetch: Any, jp_asyncio_loop: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[API]:
    """The interface of a running server, which is stopped afterwards as `jupyter server stop` does."""
    # What a test writes is read, though the server has just read the configuration for itself.
    monkeypatch.setattr(registry, "CONFIGURATION_LIFETIME", 0.0)
    yield API(jp_fetch)
    jp_asyncio_loop.run_until_complete(jp_serverapp.extension_manager.stop_all_extensions())


def cluster_processes(*, fork_servers: bool = False) -> dict[int, str]:
    """The processes of clusters that these tests started, with their command lines; fork servers are those of a Jupyter server."""
    found = {}
    for process in psutil.process_iter():
        try:
            environ = process.environ()
            forks = environ.get(MARK, "").startswith(FORK_SERVER)
            if MARK in environ and environ.get(RUN_MARK) == RUN and (fork_servers or not forks):
                found[process.pid] = " ".join(process.cmdline())
        except (psutil.Error, OSError):
            pass
    return found


def temporary_files() -> list[str]:
    """What is outside the directories of clusters: sockets, scratch space, what libraries write anywhere."""
    return [path.name for pattern in ("casa-labext-*", "tmp*", "pymp-*") for path in TEMPORARY.glob(pattern)]


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """No test leaves a process or a file of a cluster behind."""
    before = set(temporary_files())
    yield
    # A fork server hears of its Jupyter server's death, and ends a moment later.
    end = time.monotonic() + 10
    while (left := cluster_processes(fork_servers=True)) and not cluster_processes() and time.monotonic() < end:
        time.sleep(0.1)
    files = set(temporary_files()) - before
    # The tests that come are not to blame.
    for pid in left:
        psutil.Process(pid).kill()
    assert left == {}
    assert files == set()


def pytest_unconfigure() -> None:
    """Remove the run's temporary directory."""
    shutil.rmtree(TEMPORARY, ignore_errors=True)
