"""Jobs at a coffea-casa facility: coffea_casa's CoffeaCasaCluster."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from ..batch import options
from ..batch.kind import job_name
from ..host import progress
from .base import Options, Schema
from .htcondor import HTCondorKind

if TYPE_CHECKING:
    from ..host.record import Record

#: What the class writes for the docker universe alone.
DOCKER = ("docker_image", "container_service_names", "dask_container_port", "nanny_container_port")


def _port(title: str, description: str, default: int) -> Schema:
    schema: Schema = {"type": "integer", "title": title, "description": description, "minimum": 0, "maximum": 65535}
    return {**schema, "default": default, "x-advanced": True}


class CoffeaCasa(HTCondorKind):
    """coffea_casa.CoffeaCasaCluster. What it changes in dask's configuration stays in its host."""

    title = "Coffea-casa"
    description = "Workers in jobs of the facility's HTCondor pool, in the facility's image."
    package = "coffea-casa"
    module = "coffea_casa"
    class_name = "CoffeaCasaCluster"
    config_name = "coffea-casa"
    nearest = "htcondor"
    #: The entry point of the facility's image names workers so, whatever they are told.
    worker_alias = "htcondor--{}--"
    options: ClassVar[dict[str, Schema]] = {
        "worker-image": {**options.text("Worker image", "The image in which the workers run."), "x-advanced": False},
        "cores": options.CORES,
        "memory": {**options.MEMORY, "default": "4GiB"},
        "disk": {**options.DISK, "default": "2GiB"},
        "ship-env": {
            "type": "string",
            "title": "Ship the kernel's environment",
            "description": "Packs the conda environment and sends it with each job; auto: if it is not the image's own. Takes minutes.",
            "enum": ["auto", "yes", "no"],
            "default": "auto",
            "x-advanced": True,
        },
        "ship-paths": options.lines("Ship files", "Files and folders that the workers can import from, one a line."),
        "job-extra-directives": options.mapping("Extra submit commands", "Such as +WantGPU = True, one a line."),
        **{name: schema for name, schema in options.COMMON.items() if name not in ("account", "scheduler-port")},
        "scheduler-port": _port("Scheduler port", "8786 is where notebooks look for it; 0 for any that is free.", 8786),
        "dashboard-port": _port("Dashboard port", "0 for any that is free.", 8785),
        "nanny-port": _port("Nanny port", "In the worker's container.", 8001),
    }

    def installed(self) -> bool:
        return super().installed() and find_spec(self.module) is not None

    def defaults(self, config: dict[str, Any], settings: Options) -> tuple[str, Options]:
        where, found = super().defaults(config, settings)
        # Of the package; empty it would send the user's secrets unencrypted, and the right list is made for each cluster.
        directives = found.get("job-extra-directives", {})
        if isinstance(directives, dict) and not directives.get("encrypt_input_files", "x"):
            found["job-extra-directives"] = {key: value for key, value in directives.items() if key != "encrypt_input_files"}
        return where, found

    def sends_files(self, record: Record) -> bool:
        return record.encrypted

    def job_arguments(self, record: Record, directory: Path) -> dict[str, Any]:
        chosen = record.options
        directives = {
            "transfer_executable": "False",  # it is the shell, and each machine and image has its own
            "nanny_container_port": chosen["nanny-port"],
            **chosen["job-extra-directives"],
            "batch_name": job_name(record),  # the jobs are found by it
            "+CoffeaCasaClusterId": f'"{record.id}"',
        }
        return {
            "disk": chosen["disk"],
            "worker_image": chosen["worker-image"] or None,
            "ship_env": {"auto": "auto", "yes": True, "no": False}[chosen["ship-env"]],
            "ship_paths": chosen["ship-paths"],
            "force_tcp": not record.encrypted,
            "scheduler_port": chosen["scheduler-port"],
            "dashboard_port": chosen["dashboard-port"],
            "job_extra_directives": directives,
        }

    def scheduler_options(self, record: Record) -> dict[str, Any]:
        return {
            **super().scheduler_options(record),
            # Seen through the Jupyter server alone; the class would let everybody look.
            "dashboard_address": f"127.0.0.1:{record.options['dashboard-port']}",
        }

    def cluster_class(self, record: Record, directory: Path) -> Any:
        mended = super().cluster_class(record, directory)

        class Universe(mended):  # type: ignore[misc,valid-type]
            """Leaves out what is meant for the docker universe where a site has set another one."""

            @classmethod
            def _modify_job_kwargs(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
                found: dict[str, Any] = super()._modify_job_kwargs(*args, **kwargs)
                directives = found["job_extra_directives"]
                if directives["universe"] != "docker":
                    for name in DOCKER:
                        directives.pop(name, None)
                return found

        return Universe

    def for_jobs(self, cluster_class: Any, arguments: dict[str, Any]) -> dict[str, Any]:
        own = ("security", "force_tcp", "worker_image", "ship_paths", "scheduler_port", "dashboard_port")
        rest = {name: value for name, value in arguments.items() if name not in (*own, "ship_env")}
        # Without packing an environment: that takes minutes.
        found = cluster_class._modify_job_kwargs(rest, **{name: arguments[name] for name in own}, ship_env=False)
        del found["scheduler_options"]
        return {"security": None, **found}

    async def make(self, record: Record, directory: Path) -> Any:
        from ..host import ports

        for option in ("scheduler-port", "dashboard-port"):
            ports.check(record.options[option], directory.parent)
        self._say_what_takes_long(record)
        return await super().make(record, directory)

    def _say_what_takes_long(self, record: Record) -> None:
        from coffea_casa.env_pack import should_ship_env  # type: ignore[import-untyped]

        if should_ship_env({"auto": "auto", "yes": True, "no": False}[record.options["ship-env"]]):
            progress.tell("Packing the environment for the workers: some minutes at first, seconds when it is known")


kind = CoffeaCasa()
