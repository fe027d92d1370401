"""What every kind of cluster has."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from inspect import isawaitable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from .. import encryption
from ..host.errors import Unknown

if TYPE_CHECKING:
    from ..host.record import Record, Size

#: A JSON Schema.
Schema = dict[str, Any]
#: Values of options or settings.
Options = dict[str, Any]

#: The option with the name of a cluster that is there already; empty for a new one.
CONNECT_TO = "connect-to"
#: A number of bytes as dask writes it: a number with a unit, or a share of the machine's memory (0.5), or `auto`.
#: It ends in what is `\Z` to Python; `$` allows for a final newline there, and JavaScript knows no `\Z`.
MEMORY_PATTERN = r"^(auto|0(\.\d{1,6})?|\d{1,6}(\.\d{1,6})?\s?([kKMGTP]i?)?B)(?![\s\S])"


class Kind:
    """A kind of cluster; the module's attribute `kind` is its only instance."""

    #: Shown where there is no profile's title.
    title: ClassVar[str]
    description: ClassVar[str] = ""
    #: JSON Schema of each option that a user may set. `x-advanced` puts it under *More options*.
    options: ClassVar[dict[str, Schema]] = {}
    #: JSON Schema of what only the operator may say, in the profile's `settings`.
    settings: ClassVar[Schema] = {"type": "object", "additionalProperties": False}
    #: The most workers that may be asked for where the profile says nothing.
    maximum_workers: ClassVar[int] = 100
    #: Whether the cluster is nothing but child processes of its host, so that ending those closes it.
    only_processes: ClassVar[bool] = False
    #: Whether the workers are jobs of a batch system: what is said of jobs below.
    has_jobs: ClassVar[bool] = False
    #: Whether each is a connection to what somebody else has made: see `joins`. No size is asked for.
    attached: ClassVar[bool] = False
    #: Seconds that closing gets beyond `timeouts.close`, where another system ends things in its own time.
    extra_time_to_close: ClassVar[float] = 0
    #: The package that it needs in the cluster's environment, beside distributed.
    package: ClassVar[str | None] = None
    #: Whether another system is asked whether it can be used, and for further options: see `inquire`.
    inquires: ClassVar[bool] = False
    #: A pattern of environment variables with secrets that its processes need, and get.
    secrets: ClassVar[str | None] = None

    # In the server

    def encrypts(self, options: Options, settings: Options) -> bool:
        """Whether the cluster talks TLS."""
        return False

    def encryption(self, options: Options, settings: Options, comm: encryption.Comm) -> str:
        """`Record.encryption`, where dask's configuration says `comm`. WrongRequest if that makes no sense."""
        return encryption.choose(self.encrypts(options, settings), comm)

    def installed(self) -> bool:
        """Whether what it needs is on this machine at all. A profile that nobody asked for is not offered else."""
        return True

    async def unavailable(self) -> str | None:
        """Why it cannot be used here and now, None if it can. Answers within seconds."""
        return None

    def defaults(self, config: dict[str, Any], settings: Options) -> tuple[str, Options]:
        """The defaults that dask's configuration gives the options, and its section that has them. `config` is probe.py's answer."""
        return "", {}

    def problems(self, config: dict[str, Any], settings: Options) -> list[tuple[str, str]]:
        """What is wrong in dask's configuration for this kind: where, and what."""
        return []

    async def reap(self, record: Record, directory: Path) -> None:
        """End what a host that is gone left elsewhere, by what it wrote into the cluster's directory.

        Its processes here have ended already. ClusterError if something is left.
        """

    def joins(self, record: Record) -> bool:
        """Whether the cluster is there already: it keeps the size that it has, and is only left when it is closed here."""
        return self.attached or bool(record.options.get(CONNECT_TO))

    def scales(self, record: Record) -> bool:
        """Whether it can be scaled from here."""
        return not self.joins(record)

    def trusted(self, record: Record) -> bool:
        """Whether its dashboard may run scripts with the user's rights on the Jupyter server: it is ours, or the operator says so."""
        return not self.joins(record) or record.settings.get("trusted") is True

    def snippet(self, record: Record, address: str) -> str | None:
        """The code that makes `client` in a notebook, where a scheduler's address and certificates are not enough."""
        return None

    async def left(self, record: Record, directory: Path) -> list[dict[str, Any]]:
        """The jobs that a host that is gone left, as `Job` in openapi.yaml."""
        return []

    def together(self, options: Options) -> int:
        """How many workers come and go at once."""
        return 1

    def job_logs(self, record: Record, directory: Path, job: str) -> list[dict[str, str]]:
        """What a job has printed, as `Log` in openapi.yaml. Reads files; called in a thread."""
        return []

    # In a process of their own

    async def inquire(self, settings: Options) -> dict[str, Schema]:
        """The options that another system declares, besides `options`. ClusterError if it cannot be used, with the reason."""
        return {}

    async def logs(self, record: Record, job: str) -> list[dict[str, str]]:
        """What a job has printed, as `Log` in openapi.yaml, where another system has it."""
        return []

    async def remove(self, record: Record, directory: Path) -> None:
        """What `reap` needs the manager's package for."""

    # In the host

    def warm(self) -> None:
        """What hosts and their workers on this machine import sooner or later."""
        import dask
        import distributed.dashboard.scheduler  # noqa: F401  with the first look at a dashboard

        for server in ("scheduler", "worker"):
            for module in dask.config.get(f"distributed.{server}.http.routes"):
                import_module(module)

    def prepare(self) -> None:
        """What must be done in the main thread of the host, before anything else."""

    async def preview(self, record: Record) -> str | None:
        """What would be submitted for a job, with words in angle brackets for what is not known yet. In a process of its own."""
        return None

    async def make(self, record: Record, directory: Path) -> Any:
        """Make the manager, with a scheduler that listens and no worker yet. Called once, in the loop that the manager then lives in."""
        raise NotImplementedError

    async def scale(self, cluster: Any, size: Size) -> None:
        """Ask the manager for workers. A fixed number ends adaptive scaling, which dask's own `scale` leaves running."""
        if "workers" in size:
            adaptive = getattr(cluster, "_adaptive", None)
            if adaptive is not None:
                adaptive.stop()
            result = cluster.scale(size["workers"])
        else:
            cluster._adaptive_options = {}  # dask would keep those of earlier times
            result = cluster.adapt(**size)
        if isawaitable(result):
            await result

    async def close(self, cluster: Any, deadline: float) -> None:
        """Close the manager within `deadline` seconds."""
        result = cluster.close()
        if isawaitable(result):
            await result

    async def exists(self, cluster: Any) -> bool:
        """Whether there still is a cluster; asked when its scheduler does not answer."""
        return True

    def dashboard(self, cluster: Any) -> str | None:
        """Where the dashboard is seen in a browser, if not through this server."""
        return None

    def dashboard_port(self, cluster: Any) -> int | None:
        """The port of this machine at which the dashboard is, if it is not the scheduler's own."""
        return None

    def report(self, cluster: Any) -> dict[str, Any] | None:
        """Where the wanted workers are: see batch.report. None if all that is known is that they are not connected yet."""
        return None

    async def jobs(self, cluster: Any) -> list[dict[str, Any]]:
        """The jobs, newest first, as `Job` in openapi.yaml."""
        return []

    async def act(self, cluster: Any, job: str, action: str) -> None:
        """Cancel, release or retry a job. Unknown or WrongState if there is nothing to be done."""
        raise Unknown("There is no such job.")

    async def submitted(self, cluster: Any) -> str | None:
        """What was submitted for the latest job."""
        return None


def connect_to(description: str, there: Iterable[tuple[str, str]]) -> dict[str, Schema]:
    """The option to join a cluster that is there already, by the names and titles of those."""
    choices = [{"const": "", "title": "A new cluster"}, *({"const": name, "title": title} for name, title in there)]
    return {
        CONNECT_TO: {
            "type": "string",
            "title": "Connect to",
            "description": description,
            "oneOf": choices,
            "default": "",
            "x-advanced": True,
        }
    }


def security(record: Record) -> Any:
    """distributed's Security as the record has it, whatever dask's configuration says."""
    from distributed import Security

    if record.encryption == "configured":
        return Security(require_encryption=True)  # the files come from dask's configuration
    if record.tls is None:
        # Not even to be looked at: a ca-file that is not there breaks every client.
        return Security(require_encryption=False, tls_ca_file=None)
    roles = ("scheduler", "worker", "client")
    return Security(
        require_encryption=True,
        tls_ca_file=record.tls.ca,
        **{f"tls_{role}_cert": record.tls.cert for role in roles},
        **{f"tls_{role}_key": record.tls.key for role in roles},
    )
