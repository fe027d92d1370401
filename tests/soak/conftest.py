"""Fixtures: whole servers, started before a test's own loop runs."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from systems.crowd.__main__ import cluster
from test_server import Server
from test_server import server as server  # a fixture

from casa_labext import directories, launcher


@pytest.fixture
def one(server: Callable[..., Server]) -> Server:
    """A server."""
    return server()


@pytest.fixture
def crowd(
    server: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Server]:
    """A server with clusters of no workers; those that get some have new figures every so many seconds. Parameters: how many, how often."""
    count, interval = request.param
    runtime = tmp_path / "one" / "runtime"
    runtime.mkdir(parents=True)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(runtime))
    monkeypatch.setattr(launcher, "HOST", launcher.HOST)
    clusters = [cluster(f"Cluster {number}", number, workers=0, interval=interval) for number in range(count)]
    one = server()
    one.wait(lambda: [each["state"] for each in one.get("clusters")] == ["running"] * count)
    yield one
    one.end(signal.SIGTERM)
    for directory, record, host in clusters:
        host.terminate()
        host.wait()
        directories.remove(directory, record)
