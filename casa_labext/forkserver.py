"""Fork servers: a host begins as a copy of a process that has imported distributed already, and shares that memory with the others.

The import takes a second or two, and some 100 MiB. A form that is opened begins it.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import subprocess
import threading
import uuid
from contextlib import suppress
from pathlib import Path

from . import certificates
from .host import processes
from .host.errors import describe
from .host.record import Record
from .launcher import host_environment, start_host

#: Seconds for which a fork server without hosts is kept.
LIFETIME = 300.0
#: Seconds until one that does not answer is given up: it may import from a cold network file system.
PATIENCE = 30.0

logger = logging.getLogger(__name__)


class ForkServer:
    """One process, for hosts that begin as that of `record` would. OSError if it cannot be started."""

    def __init__(self, record: Record) -> None:
        #: As long as the id of a cluster; see processes.mark.
        self._id = f"{processes.FORK_SERVER}{uuid.uuid4().hex}"[: len(record.id)]
        self._beginning = _beginning(record)
        #: Their pids, by the ids of their clusters.
        self._hosts: dict[str, int] = {}
        self._asking = threading.Lock()
        #: What makes the certificates of the next cluster, if it has begun; a list, for several threads may want it.
        self._certificates: list[subprocess.Popen[bytes]] = []
        self._channel, other = socket.socketpair()
        with other:
            try:
                streams = {"stdin": other, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
                self._process = start_host(record.change(id=self._id), "fork", record.reference, **streams)
            except BaseException:
                self._channel.close()
                raise

    def suits(self, record: Record) -> bool:
        """Whether a host of a cluster can begin as its copy, and it is there still."""
        return self._process.poll() is None and self._beginning == _beginning(record)

    @property
    def used(self) -> bool:
        """Whether hosts share its memory, or one begins to."""
        return self._asking.locked() or bool(self._living())

    def prepare_certificates(self) -> None:
        """Have a cluster's own certificates made, for the next cluster that wants some."""
        if not self._certificates:
            self._certificates.append(certificates.begin())

    def certificates(self) -> subprocess.Popen[bytes]:
        """What makes the certificates for a cluster."""
        try:
            return self._certificates.pop()
        except IndexError:
            return certificates.begin()

    def fork(self, record: Record, directory: Path, listening: socket.socket) -> int | None:
        """Start a cluster's host: the pid; None if that is not to be had from here.

        Blocks until there is one, for a second or two while all is still imported.
        """
        with self._asking, suppress(OSError, ValueError):
            self._channel.settimeout(PATIENCE)
            socket.send_fds(self._channel, [f"{record.id} {directory}".encode()], [listening.fileno()])
            pid = int(self._channel.recv(16))
            self._hosts = {**self._living(), record.id: pid}
            return pid
        for late in (self._id, record.id):  # a host that came too late, too
            processes.end(late)
        return None

    def _living(self) -> dict[str, int]:
        return {cluster_id: pid for cluster_id, pid in self._hosts.items() if processes.alive(pid, cluster_id)}

    def end(self) -> None:
        """End it, not its hosts. Blocks until it is gone."""
        self._channel.close()
        with suppress(IndexError):
            while True:
                # Taken out as `certificates` does: a cluster that begins at the same time has its own, or makes them.
                certificates.end(self._certificates.pop())
        processes.end(self._id)
        self._process.wait()


class ForkServers:
    """Those of one Jupyter server: the latest, and those that hosts share their memory with."""

    def __init__(self) -> None:
        self._servers: list[ForkServer] = []
        self._expiry: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def prepare(self, record: Record) -> ForkServer:
        """The fork server for clusters like this one. OSError if there can be none."""
        suiting = [server for server in self._servers if server.suits(record)]
        self._drop([server for server in self._servers if server not in suiting and not server.used])
        server = suiting[0] if suiting else ForkServer(record)
        if not suiting:
            self._servers.append(server)
        if record.encryption == "own":
            server.prepare_certificates()
        self._expire_later()
        return server

    async def end(self) -> None:
        """End all of them, not their hosts."""
        if self._expiry:
            self._expiry.cancel()
        self._drop(self._servers)
        for failure in filter(None, await asyncio.gather(*self._ending, return_exceptions=True)):
            # The clusters are still to be closed.
            logger.error("A fork server was not ended: %s", describe(failure))

    def _expire_later(self) -> None:
        if self._expiry:
            self._expiry.cancel()
        self._expiry = asyncio.get_running_loop().call_later(LIFETIME, self._expire)

    def _expire(self) -> None:
        self._drop([server for server in self._servers if not server.used])
        if self._servers:
            self._expire_later()

    def _drop(self, servers: list[ForkServer]) -> None:
        self._servers = [server for server in self._servers if server not in servers]
        for server in servers:
            task = asyncio.create_task(asyncio.to_thread(server.end))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)


def _beginning(record: Record) -> object:
    """What is settled when a host begins."""
    return record.reference, record.python, record.cwd, host_environment(record)
