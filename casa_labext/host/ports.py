"""Who has a port of this machine."""

from __future__ import annotations

import socket
from pathlib import Path

import psutil

from .errors import ClusterError
from .processes import MARK
from .record import Record


def check(port: int, clusters: Path) -> None:
    """ClusterError that names the owner if nobody else can listen on a port. `clusters` is the folder of clusters' directories."""
    if port and not _free(port):
        raise ClusterError(f"Port {port} is in use by {owner(port, clusters)}.", hint="Shut it down, or choose another port.")


def _free(port: int) -> bool:
    try:
        # As distributed listens: a port that is left from a connection of before can be had.
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listening:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(("0.0.0.0", port))  # noqa: S104
    except OSError:
        return False
    return True


def owner(port: int, clusters: Path) -> str:
    """The cluster or process that listens on a port, in words."""
    try:
        connections = psutil.net_connections("tcp")
        pid = next(c.pid for c in connections if c.pid and c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port == port)
        process = psutil.Process(pid)
        cluster_id = process.environ().get(MARK)
        if cluster_id:
            return f"the cluster {Record.load(clusters / cluster_id).name!r}"
    except (StopIteration, psutil.AccessDenied):
        return "somebody else's process"
    except (psutil.Error, OSError, ValueError, KeyError, TypeError):
        pass
    return f"process {pid} ({process.name()})"
