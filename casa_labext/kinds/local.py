"""Worker processes on this machine: dask's LocalCluster."""

from __future__ import annotations

import gc
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from .base import MEMORY_PATTERN, Kind, Options, Schema, security

if TYPE_CHECKING:
    from ..host.localcluster import LocalCluster
    from ..host.record import Record


METHOD = "distributed.worker.multiprocessing-method"
#: Copies of one process would all have the same random numbers.
RESEED = "import sys; random = sys.modules.get('numpy.random'); random and random.seed()"


class Local(Kind):
    """distributed.LocalCluster with a nanny and a process a worker."""

    title = "This machine"
    description = "Worker processes beside the Jupyter server."
    maximum_workers = 64
    only_processes = True
    options: ClassVar[dict[str, Schema]] = {
        "threads-per-worker": {
            "type": "integer",
            "title": "Threads per worker",
            "description": "Tasks that one worker runs at the same time.",
            "minimum": 1,
            "maximum": 128,
            "default": 1,
        },
        "memory-limit": {
            "type": "string",
            "title": "Memory per worker",
            "description": "Such as 2GiB; 0 for no limit, auto for an equal share of the machine for each CPU.",
            "pattern": MEMORY_PATTERN,
            "default": "auto",
        },
        "encryption": {
            "type": "boolean",
            "title": "Encryption",
            "description": "Scheduler, workers and clients talk TLS, and nobody else can connect.",
            "default": True,
            "x-advanced": True,
        },
    }

    def encrypts(self, options: Options, settings: Options) -> bool:
        return bool(options["encryption"])

    def prepare(self) -> None:
        with suppress(Exception):  # what does not work here is told when the cluster starts
            _fork_server()

    async def make(self, record: Record, directory: Path) -> Any:
        import dask

        from ..host.localcluster import LocalCluster

        # Dask's own choice of a folder would outlive a killed host.
        scratch = dask.config.get("temporary-directory", None) or record.scratch
        return await LocalCluster(
            name=record.id,
            n_workers=0,
            processes=True,
            threads_per_worker=record.options["threads-per-worker"],
            memory_limit=memory_limit(record.options["memory-limit"]),
            local_directory=scratch,
            dashboard_address="127.0.0.1:0",
            host="127.0.0.1",
            security=security(record),
            protocol="tls://" if record.encrypted else "tcp://",
            preload=dask.config.get("distributed.worker.preload") + [RESEED] * (dask.config.get(METHOD) == "forkserver"),
            asynchronous=True,
        )

    def report(self, cluster: LocalCluster) -> dict[str, Any] | None:
        failed = len(cluster.failed & cluster.worker_spec.keys())
        if not failed:
            return None
        running = sum(name not in cluster.failed for name in cluster.worker_spec)
        reason = {"place": "failed", "workers": failed, "text": "The worker's process ended while it started; see the log."}
        return {
            **dict.fromkeys(("starting", "queued", "held", "lost"), 0),
            "requested": len(cluster.worker_spec),
            "running": running,
            "failed": failed,
            "reasons": [reason],
            "problem": None,
            "failing": True,
            "given_up": True,
        }


def _fork_server() -> None:
    """Have workers begin as copies of a process that has imported distributed already, unless dask's configuration wants it otherwise."""
    # Importing it renames __main__.
    from multiprocessing import forkserver, util

    import dask
    import distributed  # noqa: F401

    if dask.config.get(METHOD, None, config=dask.config.collect()):
        return
    dask.config.set({METHOD: "forkserver"})
    # Nannies set it too, but for processes that begin then.
    for name, value in dask.config.get("distributed.nanny.pre-spawn-environ").items():
        if value is not None:
            os.environ.setdefault(name, str(value))
    # multiprocessing would start another Python, which had to import it all again, and share no memory.
    spawn = util.spawnv_passfds
    setattr(util, "spawnv_passfds", _fork)  # noqa: B010  its types say bytes
    try:
        forkserver.ensure_running()
    finally:
        util.spawnv_passfds = spawn


def _fork(path: object, arguments: list[str], descriptors: list[int]) -> int:
    """In the place of multiprocessing.util.spawnv_passfds: a copy of this process runs the Python code that is the last argument."""
    gc.freeze()  # a collection would write into what is shared
    if child := os.fork():
        return child
    tempfile.tempdir = None  # what tasks write is the user's: it does not go with the cluster
    try:
        # Not all numbers that could be open: those may be a thousand million.
        for number in {int(name) for name in os.listdir("/dev/fd")} - {0, 1, 2, *descriptors}:
            with suppress(OSError):  # the list's own
                os.close(number)
        exec(arguments[-1], {})  # noqa: S102  multiprocessing's own words
    finally:
        os._exit(0)


def memory_limit(text: str) -> str | float:
    """What dask takes for a memory limit: it knows a share of the machine only as a number."""
    try:
        return float(text)
    except ValueError:
        return text


kind = Local()
