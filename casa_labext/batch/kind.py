"""What the kinds `htcondor`, `slurm` and `pbs` share."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import tempfile
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..host.errors import ClusterError, WrongState
from ..host.log import SHOWN_SIZE
from ..kinds.base import Kind, Options, Schema, security
from . import ledger, options, report
from .system import BatchSystem

if TYPE_CHECKING:
    from ..host.record import Record, Size

#: The folder in the cluster's directory for what jobs print.
LOGS = "jobs-logs"
#: Arguments of dask-jobqueue's cluster classes that are no arguments of their jobs.
CLUSTER_ARGUMENTS = frozenset(
    ("n_workers", "scheduler_options", "scheduler_cls", "shared_temp_directory", "silence_logs", "name", "loop", "asynchronous")
)
#: For workers whose own dask configuration wants encryption, or names a ca-file that may not be there.
OVERRIDE = ["export DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION=False DASK_DISTRIBUTED__COMM__TLS__CA_FILE="]


class Batch(Kind):
    """A kind on one of dask-jobqueue's cluster classes."""

    system: ClassVar[BatchSystem]
    #: The class, and its section in dask's configuration.
    module: ClassVar[str] = "dask_jobqueue"
    class_name: ClassVar[str]
    config_name: ClassVar[str]
    #: The section of dask-jobqueue's that has the keys which its own lacks.
    nearest: ClassVar[str | None] = None
    #: Where the certificates are for a worker, if its node may not see this machine's files.
    certificates: ClassVar[str | None] = None
    #: What workers call themselves whatever they are told, with the job's id; None if they do as they are told.
    worker_alias: ClassVar[str | None] = None
    maximum_workers = 1000
    package = "dask-jobqueue"
    has_jobs = True
    settings: ClassVar[Schema] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            # A section below `jobqueue` of the site's own, instead of the standard one.
            "config-name": {"type": "string"},
            # Further arguments of the cluster class.
            "kwargs": {"type": "object"},
        },
    }

    def job_arguments(self, record: Record, directory: Path) -> dict[str, Any]:
        """What the class is called with for the options that only this batch system has."""
        return {}

    def encrypts(self, options: Options, settings: Options) -> bool:
        return bool(options["encryption"])

    def installed(self) -> bool:
        return self.system.missing() is None

    async def unavailable(self) -> str | None:
        return await self.system.unavailable()

    def defaults(self, config: dict[str, Any], settings: Options) -> tuple[str, Options]:
        name = self._section(settings)
        section = _mapping(_mapping(config.get("jobqueue")).get(name))
        return f"jobqueue.{name}", options.defaults(self.options, section)

    def problems(self, config: dict[str, Any], settings: Options) -> list[tuple[str, str]]:
        name = self._section(settings)
        sections = config.get("jobqueue", {})
        if sections != _mapping(sections) or sections.get(name, {}) != _mapping(sections.get(name)):
            return [(f"jobqueue.{name}", "It must be a mapping.")]
        return options.problems(name, sections.get(name, {}), config.get("jobqueue-keys", {}).get(self.config_name, []))

    def _section(self, settings: Options) -> str:
        name: str = settings.get("config-name", self.config_name)
        return name

    def together(self, options: Options) -> int:
        processes: int = options.get("processes", 1)
        return processes

    def prepare(self) -> None:
        # It sets handlers of signals when it is imported, which fails in other threads. The handlers are replaced by the host's.
        with contextlib.suppress(ImportError):
            import dask_jobqueue  # noqa: F401

    async def make(self, record: Record, directory: Path) -> Any:
        cluster_class = self.cluster_class(record, directory)
        arguments = {
            **self._kwargs(record),
            **self._arguments(record, directory),
            "scheduler_options": self.scheduler_options(record),
            "name": job_name(record),
            "silence_logs": False,
            "asynchronous": True,
        }
        cluster = await cluster_class(**arguments)
        await self._check_address(cluster)
        return cluster

    def scheduler_options(self, record: Record) -> dict[str, Any]:
        """The site's own, from its configuration or the profile, and what was chosen."""
        import dask

        address = record.options["contact-address"]
        scheme = "tls" if record.encrypted else "tcp"
        chosen = {
            "host": record.options["scheduler-host"],
            "port": record.options["scheduler-port"],
            "contact_address": address if "://" in address or not address else f"{scheme}://{address}",
        }
        return {
            "dashboard_address": "127.0.0.1:0",  # seen through the Jupyter server alone
            **dask.config.get(f"jobqueue.{self._section(record.settings)}.scheduler-options", {}),
            **self._kwargs(record).get("scheduler_options", {}),
            **{name: value for name, value in chosen.items() if value},
        }

    def cluster_class(self, record: Record, directory: Path) -> Any:
        """dask-jobqueue's class, mended."""
        from .cluster import Site, mended

        self._configure(record)
        site = Site(
            system=self.system,
            job_name=job_name(record),
            directory=directory,
            cwd=self.submit_directory(record, directory),
            deadline=record.timeouts.command,
            processes=record.options["processes"],
            certificates=self.certificates if self.sends_files(record) else None,
            worker_alias=self.worker_alias,
        )
        return mended(getattr(import_module(self.module), self.class_name), site)

    def for_jobs(self, cluster_class: Any, arguments: dict[str, Any]) -> dict[str, Any]:
        """What the class makes of its arguments for its jobs."""
        return arguments

    def _configure(self, record: Record) -> None:
        """A site's own section need not have every key that dask-jobqueue looks up."""
        import dask
        import dask_jobqueue  # noqa: F401  # brings the defaults

        name = self._section(record.settings)
        if self.module != "dask_jobqueue":
            import_module(self.module)
        standard = {**dask.config.get(f"jobqueue.{self.nearest or self.config_name}"), **dask.config.get(f"jobqueue.{self.config_name}")}
        own = dask.config.get(f"jobqueue.{name}", {})
        # The options say it all, those that are empty too; what is renamed has been taken over into them.
        said = {key: None for key in (*record.options, *options.RENAMED) if key in standard}
        dask.config.set({f"jobqueue.{name}": {**standard, **own, **said}})

    def _arguments(self, record: Record, directory: Path) -> dict[str, Any]:
        chosen = record.options
        return {
            "cores": chosen["cores"],
            "processes": chosen["processes"],
            "memory": chosen["memory"],
            "job_script_prologue": [*(OVERRIDE if record.encryption == "overridden" else []), *chosen["job-script-prologue"]],
            "interface": chosen["interface"] or None,
            "log_directory": str(log_directory(record, directory)),
            "local_directory": chosen["local-directory"] or None,
            "python": chosen["python"] or record.python,
            "death_timeout": chosen["death-timeout"],
            "config_name": self._section(record.settings),
            "protocol": "tls://" if record.encrypted else "tcp://",
            "security": security(record) if record.encrypted else None,
            **self.job_arguments(record, directory),
        }

    def _kwargs(self, record: Record) -> dict[str, Any]:
        return {key.replace("-", "_"): value for key, value in record.settings.get("kwargs", {}).items()}

    def sends_files(self, record: Record) -> bool:
        """Whether the certificates travel with the job."""
        return False

    def submit_directory(self, record: Record, directory: Path) -> Path | None:
        """The folder in which jobs are submitted; None for the current one."""
        return None

    async def _check_address(self, cluster: Any) -> None:
        address = cluster.scheduler.contact_address or cluster.scheduler.address
        host = address.partition("://")[2].rpartition(":")[0].strip("[]")
        try:
            loopback = host == "localhost" or ip_address(host).is_loopback
        except ValueError:
            loopback = False
        try:
            unreachable = loopback and await self.system.remote()
        except ClusterError:
            return  # that it does not answer is told when jobs are submitted
        if unreachable:
            raise ClusterError(
                f"The workers could not reach the scheduler: it is at {address}, and the machines of {self.system.title} are others.",
                hint="Set the network interface, the scheduler host or the contact address.",
            )

    async def scale(self, cluster: Any, size: Size) -> None:
        cluster.keeper.forgive()
        if "workers" in size:
            if getattr(cluster, "_adaptive", None) is not None:
                cluster._adaptive.stop()
            await cluster.resize(math.ceil(size["workers"] / cluster.site.processes))
        else:
            cluster.follow_load(**size)

    async def close(self, cluster: Any, deadline: float) -> None:
        await cluster.finish(deadline)

    def report(self, cluster: Any) -> dict[str, Any]:
        return report.report(cluster.keeper)

    async def jobs(self, cluster: Any) -> list[dict[str, Any]]:
        return report.jobs(cluster.keeper)

    async def act(self, cluster: Any, job: str, action: str) -> None:
        name = report.slot_of(cluster.keeper, job, action)
        if action == "cancel":
            if getattr(cluster, "_adaptive", None) is not None and cluster._adaptive.state != "stopped":
                raise WrongState("The number of jobs follows the load: lower the maximum instead.")
            await cluster.give_up([name])
        elif action == "retry":
            cluster.keeper.retry(name)
        else:
            await self.system.release(cluster.keeper.slots[name].attempt.job_id, deadline=cluster.site.deadline)
            cluster.keeper.wake()

    async def submitted(self, cluster: Any) -> str | None:
        attempts = [slot.attempt for slot in cluster.keeper.slots.values() if slot.attempt.text]
        return attempts[-1].text if attempts else None

    async def preview(self, record: Record) -> str | None:
        # A look at it makes no folder of the user's.
        logs = str(log_directory(record, Path("<cluster's directory>")))
        record = record.change(options={**record.options, "log-directory": ""})
        with tempfile.TemporaryDirectory() as folder:
            directory = Path(folder)
            # What is meant for the cluster class alone says nothing about a job.
            further = {key: value for key, value in self._kwargs(record).items() if key not in CLUSTER_ARGUMENTS}
            kwargs = {**further, **self._arguments(record, directory)}
            scheme = kwargs["protocol"]
            cluster_class = self.cluster_class(record, directory)
            kwargs = self.for_jobs(cluster_class, kwargs)
            kwargs["security"] = cluster_class._get_worker_security(cluster_class, kwargs["security"])
            job = cluster_class.job_cls(scheduler=f"{scheme}<scheduler>", name=f"{job_name(record)}-<number>", **kwargs)
            text: str = job.job_script()
        text = text.replace(str(directory / LOGS), logs)
        return text.replace(folder, "<cluster's directory>").replace(record.id, "<cluster>").replace(job_name(record), "dask-<cluster>")

    async def left(self, record: Record, directory: Path) -> list[dict[str, Any]]:
        found = await self.system.jobs(job_name(record), ledger.read(directory))
        return [report.public(job, "") for job in found if job.active]

    def job_logs(self, record: Record, directory: Path, job: str) -> list[dict[str, str]]:
        folder = log_directory(record, directory)
        logs = []
        for path in self.system.log_files(folder, job) if folder.is_dir() else []:
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - SHOWN_SIZE))
                logs.append({"name": path.name, "text": file.read().decode(errors="replace")})
        return logs

    async def reap(self, record: Record, directory: Path) -> None:
        ids = await asyncio.to_thread(ledger.read, directory)
        timeouts = record.timeouts
        await self.system.clear(job_name(record), ids, deadline=timeouts.close, command=timeouts.command)


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def job_name(record: Record) -> str:
    """The name of all jobs of a cluster, by which they are found. At most 15 characters: Torque takes no more."""
    return f"dask-{record.id[:10]}"


def script_arguments(record: Record) -> dict[str, Any]:
    """What classes are called with whose jobs are scripts with directives."""
    chosen = record.options
    return {
        "queue": chosen["queue"] or None,
        "account": chosen["account"] or None,
        "walltime": chosen["walltime"] or None,
        "job_extra_directives": chosen["job-extra-directives"],
        "job_name": job_name(record),
    }


def log_directory(record: Record, directory: Path) -> Path:
    """Where the jobs' output is."""
    chosen = record.options["log-directory"]
    return Path(os.path.expanduser(chosen)) if chosen else directory / LOGS
