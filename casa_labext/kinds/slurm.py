"""Jobs of Slurm: dask-jobqueue's SLURMCluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..batch import options
from ..batch.kind import Batch, script_arguments
from ..batch.slurm import Slurm
from .base import Schema

if TYPE_CHECKING:
    from ..host.record import Record


class SlurmKind(Batch):
    """dask_jobqueue.SLURMCluster."""

    title = "Slurm"
    description = "Workers in jobs of Slurm."
    system = Slurm()
    class_name = "SLURMCluster"
    config_name = "slurm"
    options: ClassVar[dict[str, Schema]] = {
        "cores": options.CORES,
        "memory": options.MEMORY,
        "walltime": options.WALLTIME,
        "queue": options.queue("Partition"),
        "job-extra-directives": options.lines("Extra directives", "What comes after #SBATCH, one a line: --constraint=haswell"),
        **options.COMMON,
    }

    def job_arguments(self, record: Record, directory: Path) -> dict[str, Any]:
        return script_arguments(record)


kind = SlurmKind()
