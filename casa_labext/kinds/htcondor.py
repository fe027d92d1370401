"""Jobs of HTCondor: dask-jobqueue's HTCondorCluster."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..batch import options
from ..batch.htcondor import HTCondor
from ..batch.kind import Batch, job_name
from .base import Schema, security

if TYPE_CHECKING:
    from ..host.record import Record


class HTCondorKind(Batch):
    """dask_jobqueue.HTCondorCluster."""

    title = "HTCondor"
    description = "Workers in jobs of the HTCondor pool."
    system = HTCondor()
    class_name = "HTCondorCluster"
    config_name = "htcondor"
    certificates = "$_CONDOR_SCRATCH_DIR"
    options: ClassVar[dict[str, Schema]] = {
        "cores": options.CORES,
        "memory": options.MEMORY,
        "disk": options.DISK,
        "worker-image": options.text("Worker image", "A container image in which the workers run; empty for none."),
        "universe": {
            "type": "string",
            "title": "Universe",
            "description": "How the image is run.",
            "enum": ["container", "docker"],
            "default": "container",
            "x-advanced": True,
        },
        "walltime": {**options.WALLTIME, "default": "", "x-advanced": True},
        "job-extra-directives": options.mapping("Extra submit commands", "Such as +WantGPU = True, one a line."),
        "file-transfer": {
            "type": "boolean",
            "title": "Send certificates with the job",
            "description": "Encrypted. Without it they are read where they are here, from a file system that the pool shares.",
            "default": True,
            "x-advanced": True,
        },
        **options.COMMON,
    }

    def sends_files(self, record: Record) -> bool:
        return record.encrypted and bool(record.options["file-transfer"])

    def job_arguments(self, record: Record, directory: Path) -> dict[str, Any]:
        chosen = record.options
        directives = dict(chosen["job-extra-directives"])
        if chosen["worker-image"]:
            directives["universe"] = chosen["universe"]
            directives[f"{chosen['universe']}_image"] = chosen["worker-image"]
        if chosen["walltime"]:
            directives["allowed_job_duration"] = str(options.seconds(chosen["walltime"]))
        if chosen["account"]:
            directives["accounting_group"] = chosen["account"]
        if self.sends_files(record):
            tls = security(record)
            files = [tls.tls_ca_file, tls.tls_worker_cert, *([tls.tls_worker_key] if tls.tls_worker_key else [])]
            for key in ("transfer_input_files", "encrypt_input_files"):
                directives[key] = ", ".join([*filter(None, [directives.get(key)]), *files])
            directives.setdefault("should_transfer_files", "YES")
            # The shell that is the executable is there; and nothing comes back but what is printed.
            directives.setdefault("transfer_executable", "False")
            directives.setdefault("transfer_output_files", '""')
        # The jobs are found by it.
        directives["batch_name"] = job_name(record)
        return {"disk": chosen["disk"], "job_extra_directives": directives}


kind = HTCondorKind()
