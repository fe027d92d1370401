"""Jobs of PBS or Torque: dask-jobqueue's PBSCluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..batch import options
from ..batch.kind import Batch, log_directory, script_arguments
from ..batch.pbs import PBS
from .base import Schema

if TYPE_CHECKING:
    from ..host.record import Record


class PBSKind(Batch):
    """dask_jobqueue.PBSCluster."""

    title = "PBS"
    description = "Workers in jobs of PBS."
    system = PBS()
    class_name = "PBSCluster"
    config_name = "pbs"
    options: ClassVar[dict[str, Schema]] = {
        "cores": options.CORES,
        "memory": options.MEMORY,
        "walltime": options.WALLTIME,
        "queue": options.queue("Queue"),
        "resource-spec": options.text("Resources", "What comes after -l instead of cores and memory: select=1:ncpus=4:mem=8gb"),
        "job-extra-directives": options.lines("Extra directives", "What comes after #PBS, one a line: -m n"),
        **options.COMMON,
    }

    def submit_directory(self, record: Record, directory: Path) -> Path:
        # Where PBS drops what a job prints, unless it does as it is told.
        folder = log_directory(record, directory)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def job_arguments(self, record: Record, directory: Path) -> dict[str, Any]:
        return {**script_arguments(record), "resource_spec": record.options["resource-spec"] or None}


kind = PBSKind()
