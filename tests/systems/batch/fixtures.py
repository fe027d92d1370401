"""Fixtures: batch systems, and their commands replaced.

The systems start when the first test asks for one and stop after the last. While they run, their commands work in this
process and in what it starts.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn, TypeVar

import pytest

from .beds import Bed, BedError, HTCondorBed, SlurmBed
from .commands import BatchCommands

AnyBed = TypeVar("AnyBed", bound=Bed)


def unavailable(reason: str) -> NoReturn:
    """Fail or skip, as the run wants it."""
    if os.environ.get("CASA_LABEXT_SYSTEMS") == "required":
        raise pytest.fail.Exception(reason, pytrace=False) from None
    raise pytest.skip.Exception(reason) from None


def started(bed: AnyBed) -> Iterator[AnyBed]:
    """The bed, while it runs."""
    try:
        with pytest.MonkeyPatch.context() as environ:
            try:
                bed.start()
            except BedError as error:
                unavailable(str(error))
            for name, value in bed.exports.items():
                environ.setenv(name, value)
            yield bed
    finally:
        bed.close()


def settled(bed: AnyBed) -> Iterator[AnyBed]:
    """The bed, which is left as it was found."""
    yield bed
    left = bed.settle()
    assert left == [], f"jobs were left in the queue of {bed.name}"


@pytest.fixture(scope="session")
def htcondor_bed() -> Iterator[HTCondorBed]:
    """An HTCondor pool, of the Debian suite CASA_LABEXT_CONDOR_SUITE."""
    yield from started(HTCondorBed())


@pytest.fixture(scope="session")
def slurm_bed() -> Iterator[SlurmBed]:
    """A Slurm cluster with qsub, qstat and qdel."""
    yield from started(SlurmBed())


@pytest.fixture(scope="session")
def pbs_bed(slurm_bed: SlurmBed) -> SlurmBed:
    """The Slurm cluster, to be used through PBS's commands."""
    return slurm_bed


@pytest.fixture
def htcondor(htcondor_bed: HTCondorBed) -> Iterator[HTCondorBed]:
    """The HTCondor pool; no job may be left."""
    yield from settled(htcondor_bed)


@pytest.fixture
def slurm(slurm_bed: SlurmBed) -> Iterator[SlurmBed]:
    """The Slurm cluster; no job may be left."""
    yield from settled(slurm_bed)


@pytest.fixture
def pbs(pbs_bed: SlurmBed) -> Iterator[SlurmBed]:
    """The cluster with PBS's commands; no job may be left."""
    yield from settled(pbs_bed)


@pytest.fixture(scope="session")
def replaceable_commands() -> Iterator[BatchCommands]:
    """One for all tests: a cluster that ends late still finds the commands of its PATH."""
    with tempfile.TemporaryDirectory(prefix="commands-") as folder:
        yield BatchCommands(Path(folder))


@pytest.fixture
def batch_commands(replaceable_commands: BatchCommands, monkeypatch: pytest.MonkeyPatch) -> Iterator[BatchCommands]:
    """Commands of batch systems that the test can replace; all are as usual at first, and afterwards."""
    monkeypatch.setenv("PATH", replaceable_commands.path(os.environ["PATH"]))
    yield replaceable_commands
    replaceable_commands.reset()
