"""A process that imports what hosts of one kind need, and copies itself for each of them."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from ..kinds import load
from . import log, processes, service

#: More than an id and the longest path.
MAXIMUM_MESSAGE = 65536


def main(reference: str) -> None:
    """Wait at standard input, a Unix socket; the end of the Jupyter server is the end of this process, not of the hosts.

    A message has the id of a cluster, its directory, and its listening socket; the answer is the pid of the host.
    `reference`: the kind of the clusters.
    """
    with suppress(Exception):  # it will be told when a cluster starts
        load(reference).warm()
    imported = _imported()
    gc.collect()
    gc.freeze()  # a collection would write into what is shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a host
    with socket.socket(fileno=os.dup(sys.stdin.fileno())) as server:
        os.dup2(os.open(os.devnull, os.O_RDONLY), sys.stdin.fileno())
        while True:
            message, descriptors, _, _ = socket.recv_fds(server, MAXIMUM_MESSAGE, 1)
            if not message:
                return
            stale = _imported() != imported
            if os.fork() == 0:
                break
            os.close(descriptors[0])
            if stale:
                return
        cluster_id, directory = message.decode().split(" ", 1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        marked = processes.mark(cluster_id)
        server.send(str(os.getpid()).encode())
    if stale or not marked:
        os.set_inheritable(descriptors[0], True)
        os.execv(sys.executable, [sys.executable, str(Path(__file__).parent), directory, str(descriptors[0])])  # noqa: S606
    service.main(Path(directory), descriptors[0], log.redirect())


def _imported() -> dict[str, tuple[int, int]]:
    """Where what was imported comes from, with time and size: dask's configuration, and the folders that packages are installed in."""
    files = [Path(place) for place in sys.path]
    with suppress(Exception):  # where dask cannot be imported
        from dask.config import paths

        for path in map(Path, paths):
            files += [path] if path.is_file() else path.glob("*")
    found = {}
    for file in files:
        with suppress(OSError):  # it is not there, or not for us
            status = file.stat()
            found[str(file)] = (status.st_mtime_ns, status.st_size)
    return found
