"""The clusters that other servers have left on this machine, by their records."""

from __future__ import annotations

import json
import socket
import time
from pathlib import Path

from . import directories
from .host import processes
from .host.record import FILE, Record

#: Seconds after which a directory that no host was started in counts as left behind.
LAUNCH_TIME = 60.0


def found() -> list[tuple[Path, Record]]:
    """The clusters on this machine that are there already. Another machine's are not ours to judge: its processes cannot be seen."""
    records = [(directory, _read(directory)) for directory in directories.clusters().iterdir()]
    return [(directory, record) for directory, record in records if record]


def _read(directory: Path) -> Record | None:
    """The record of a cluster that is to be taken over; one that cannot be reached any more is ended."""
    try:
        age = time.time() - directory.stat().st_mtime
        data = json.loads((directory / FILE).read_text())
        if data["hostname"] != socket.gethostname():
            return None
        record = Record.parse(data)
    except FileNotFoundError:
        if directory.exists() and age > LAUNCH_TIME:
            _end(directory)
    except OSError:
        pass  # of a network file system: it may come back
    except (ValueError, KeyError, TypeError):
        _end(directory)
    else:
        begins = not record.pid and time.time() - record.created < LAUNCH_TIME
        return None if begins and not processes.of_cluster(record.id) else record
    return None


def _end(directory: Path) -> None:
    """Nobody can know any more how to reach its host."""
    processes.end(directory.name)
    directories.discard(directory)
