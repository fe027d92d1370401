"""What every kind of cluster has."""

from __future__ import annotations

from inspect import isawaitable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from ..host.record import Record, Size

#: A JSON Schema.
Schema = dict[str, Any]
#: Values of options or settings.
Options = dict[str, Any]

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
    #: The packages that must be there in the cluster's environment.
    packages: ClassVar[tuple[str, ...]] = ("distributed",)
    #: Whether the cluster is nothing but child processes of its host, so that ending those closes it.
    only_processes: ClassVar[bool] = False

    def encrypts(self, options: Options, settings: Options) -> bool:
        """Whether the server is to make certificates for the cluster (`Record.tls`)."""
        return False

    async def make(self, record: Record) -> Any:
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
            result = cluster.adapt(minimum=size["minimum"], maximum=size["maximum"])
        if isawaitable(result):
            await result

    async def close(self, cluster: Any) -> None:
        """Close the manager."""
        result = cluster.close()
        if isawaitable(result):
            await result

    async def reap(self, record: Record, directory: Path) -> None:
        """End what a host that is gone left elsewhere, by what it wrote into the cluster's directory. Runs in the server.

        Its processes here have ended already. ClusterError if something is left.
        """


def security(record: Record) -> Any:
    """distributed's Security for a cluster's own certificates; False if it is not encrypted, whatever dask's configuration says."""
    from distributed import Security

    if record.tls is None:
        return Security(require_encryption=False)
    roles = ("scheduler", "worker", "client")
    return Security(
        require_encryption=True,
        tls_ca_file=record.tls.ca,
        **{f"tls_{role}_cert": record.tls.cert for role in roles},
        **{f"tls_{role}_key": record.tls.key for role in roles},
    )
