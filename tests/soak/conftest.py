"""Fixtures: whole servers, started before a test's own loop runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from systems.crowd.__main__ import cluster
from test_server import Server
from test_server import server as server  # a fixture

from casa_labext import launcher


@pytest.fixture
def one(server: Callable[..., Server]) -> Server:
    """A server."""
    return server()


@pytest.fixture
def crowd(
    server: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Server]:
    """A server with clusters of no workers; those that get some have other figures every so many seconds. Parameters: how many, how often."""
    count, interval = request.param
    runtime = tmp_path / "one" / "runtime"
    runtime.mkdir(parents=True)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(runtime))
    monkeypatch.setattr(launcher, "HOST", launcher.HOST)
    hosts = [cluster(f"Cluster {number}", number, workers=0, interval=interval) for number in range(count)]
    one = server()
    one.wait(lambda: [each["state"] for each in one.get("clusters")] == ["running"] * count)
    yield one
    for host in hosts:
        host.terminate()
        host.wait()
    one.wait(lambda: one.get("clusters") == [])
