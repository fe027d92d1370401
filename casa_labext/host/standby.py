"""A host before there is a cluster for it: it imports what such a cluster needs, and waits to be told its directory and socket."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from pathlib import Path

from ..kinds import load
from . import log, service

#: More than the longest path.
MAXIMUM_MESSAGE = 65536


def main(reference: str) -> None:
    """Wait at standard input, a Unix socket; the end of the server is the end of this process.

    `reference`: the kind of the cluster.
    """
    output = log.redirect()
    with suppress(Exception):  # it will be told when the cluster starts
        load(reference).warm()
    configuration = _configuration()
    with socket.socket(fileno=sys.stdin.fileno()) as server:
        message, descriptors, _, _ = socket.recv_fds(server, MAXIMUM_MESSAGE, 1)
        if not message:
            return
        server.send(b".")
        os.dup2(os.open(os.devnull, os.O_RDONLY), server.detach())
    directory, descriptor = message.decode(), descriptors[0]
    if _configuration() != configuration:
        # Much of it was looked at when dask was imported.
        os.set_inheritable(descriptor, True)
        os.execv(sys.executable, [sys.executable, str(Path(__file__).parent), directory, str(descriptor)])  # noqa: S606
    service.main(Path(directory), descriptor, output)


def _configuration() -> list[tuple[str, int, int]]:
    """The files of dask's configuration, each with time and size; empty where dask cannot be imported."""
    with suppress(Exception):
        from dask.config import paths

        files = [file for path in paths for file in ([Path(path)] if Path(path).is_file() else sorted(Path(path).glob("*")))]
        return [(str(file), status.st_mtime_ns, status.st_size) for file in files for status in [file.stat()]]
    return []
