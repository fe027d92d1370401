"""Each finding in dask-labextension 7.0.0: it has it, and we have not. `make peer`; docs/peer.md tells of all findings."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bench.jupyter import ROOT, Server, serve

from .findings import FINDINGS, Finding
from .sides import Ours, Peer, Side


def each(test: Callable[[Finding, Path], None]) -> Any:
    """A test of each finding."""
    for mark in (pytest.mark.system, pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.usefixtures("needed")):
        test = mark(test)
    return pytest.mark.parametrize("finding", FINDINGS, ids=lambda finding: finding.name)(test)


@contextmanager
def served(side: Side, finding: Finding, folder: Path) -> Iterator[Server]:
    """A server with one of the extensions and a finding's configuration."""
    configuration = folder / "dask.yaml"
    configuration.write_text(finding.configuration)
    # The peer writes into the home.
    environ = {"DASK_CONFIG": str(configuration), "HOME": str(folder)}
    with serve(side.python, [side.module, "jupyter_server_proxy"], environ) as server:
        yield server


@pytest.fixture
def needed(finding: Finding, request: pytest.FixtureRequest) -> None:
    """A finding with a batch system needs one."""
    if "SLURMCluster" in finding.configuration:
        request.getfixturevalue("slurm")


@each
def test_we_have_it_not(finding: Finding, tmp_path: Path) -> None:
    side = Ours(finding.profile)
    with served(side, finding, tmp_path) as server:
        looks = list(finding.look(side, server))
    assert looks
    assert [what for what, is_good in looks if not is_good] == []


@each
def test_the_peer_has_it(finding: Finding, tmp_path: Path) -> None:
    side = Peer(finding.profile)
    with served(side, finding, tmp_path) as server:
        looks = list(finding.look(side, server))
    assert looks
    assert [what for what, is_good in looks if is_good] == [], "The peer is better than we say."


def test_the_document_names_each() -> None:
    named = set(re.findall(r"`(\w+)`", (ROOT / "docs" / "peer.md").read_text()))
    assert {finding.name for finding in FINDINGS} <= named
