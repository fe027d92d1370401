"""What a cluster has outside its directory: its socket, its scratch folder, and what libraries would leave elsewhere if it was killed."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from multiprocessing import process
from pathlib import Path

from .record import Record

#: Where Linux has the semaphores that have names.
SEMAPHORES = Path("/dev/shm")  # noqa: S108


def _semaphores(record: Record) -> str:
    # macOS takes 31 characters, of which multiprocessing adds ten.
    return f"casa-labext-{record.id[:8]}"


def use(record: Record) -> None:
    """Let this process, a host, have its temporary files and semaphores where `remove` finds them."""
    # Not TMPDIR: a batch system would hand it to the jobs. kr8s leaves the user's key for Kubernetes there.
    tempfile.tempdir = record.scratch
    # There is no other way to tell multiprocessing; what it starts inherits it. The path of a socket must be short.
    config = vars(process.current_process())["_config"]
    config["tempdir"] = os.path.dirname(record.socket)
    config["semprefix"] = f"/{_semaphores(record)}"


def remove(record: Record) -> None:
    """Remove it all; the cluster's processes must have ended."""
    for folder in filter(None, (os.path.dirname(record.socket), record.scratch)):
        shutil.rmtree(folder, ignore_errors=True)
    # The same pattern for all clusters: each that is compiled is kept in a cache.
    for semaphore in SEMAPHORES.glob("sem.*"):
        if semaphore.name.startswith(f"sem.{_semaphores(record)}-"):
            with suppress(OSError):  # anybody can make a file with such a name
                semaphore.unlink()
