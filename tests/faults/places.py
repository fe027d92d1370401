"""Where a cluster is, which processes it has there, and what must not be left."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
from conftest import cluster_processes
from systems.batch.beds import Bed, BedError, HTCondorBed, SlurmBed

#: In the folder for temporary files.
DASK_FOLDER = frozenset({"dask-scratch-space"})
#: HTCondor's JobStatus.
REMOVED = 3


class Place:
    """This machine alone."""

    profile = "local"
    options: dict[str, Any] = {}  # noqa: RUF012
    #: In dask's configuration.
    config = ""
    #: What is left for all workers on a machine: the next one there clears away what one that was killed has left in it.
    shared: frozenset[str] = frozenset()

    def find(self, process: str, host: psutil.Process) -> list[psutil.Process]:
        """The processes of a name, as far as they are there."""
        if process == "fork server of hosts":
            return with_words(host.parents()[:1], " fork ")
        forks = host.children()
        return forks[-1:] if process == "fork server of workers" else [worker for fork in forks for worker in fork.children()]

    def restart(self, process: str) -> Callable[[], object] | None:
        """What starts a process again that has ended, if nobody does."""
        return None

    def left(self) -> list[Any]:
        """What clusters have left elsewhere."""
        return []


class Subprocess(Place):
    """This machine, with a scheduler in a process of its own."""

    shared = DASK_FOLDER
    profile = "subprocess"
    config = """
  profiles:
    subprocess:
      kind: factory
      settings: {module: distributed, class: SubprocessCluster, kwargs: {n-workers: 0}}
"""

    def find(self, process: str, host: psutil.Process) -> list[psutil.Process]:
        return with_words(host.children(recursive=True), "Scheduler")


class Batch(Place):
    """A batch system."""

    shared = DASK_FOLDER

    def __init__(self, bed: Bed) -> None:
        self.bed = bed

    def find(self, process: str, host: psutil.Process) -> list[psutil.Process]:
        if process not in ("nanny", "worker"):
            return self.daemons(process)
        marked = [psutil.Process(pid) for pid in cluster_processes()]
        nannies = [found for found in with_words(marked, "dask_worker") if "python" in found.name()]
        return nannies if process == "nanny" else [worker for nanny in nannies for worker in with_words(nanny.children(), "spawn_main")]

    def daemons(self, name: str) -> list[psutil.Process]:
        """The batch system's own processes."""
        raise NotImplementedError

    def left(self) -> list[Any]:
        try:
            return self.bed.queue()
        except BedError as error:  # it is not up again yet
            return [error]


class Slurm(Batch):
    """Slurm."""

    profile = "slurm"
    options = {"interface": "lo", "memory": "500MiB"}  # noqa: RUF012
    bed: SlurmBed

    def daemons(self, name: str) -> list[psutil.Process]:
        daemon = self.bed.daemon(f"slurm/{name}.pid", name)
        return [daemon] if daemon else []

    def restart(self, process: str) -> Callable[[], object] | None:
        return (lambda: self.bed.start_daemon(process)) if process in ("slurmctld", "slurmd") else None


class HTCondor(Batch):
    """HTCondor, whose master starts what has ended."""

    profile = "htcondor"
    options = {"interface": "lo", "memory": "500MiB", "disk": "100MiB"}  # noqa: RUF012
    bed: HTCondorBed

    def daemons(self, name: str) -> list[psutil.Process]:
        master = self.bed.daemon("condor/master.pid", "condor_master")
        return [child for child in master.children() if child.name() == f"condor_{name}"] if master else []

    def left(self) -> list[Any]:
        left = super().left()
        if any(isinstance(job, dict) and job["JobStatus"] == REMOVED for job in left):
            # A removed job of a machine that has died stays in the books for as long as HTCondor waits for the machine.
            self.bed.answers("condor_rm", "-forcex", "-constraint", f"JobStatus == {REMOVED}")
        return left


def with_words(processes: list[psutil.Process], words: str) -> list[psutil.Process]:
    """The processes with something in their command line."""
    return [process for process in processes if words in " ".join(process.cmdline())]


def host(directory: Path) -> psutil.Process | None:
    """The process that owns the cluster of a directory."""
    try:
        return psutil.Process(json.loads((directory / "cluster.json").read_text())["pid"])
    except (OSError, ValueError, psutil.NoSuchProcess):
        return None
