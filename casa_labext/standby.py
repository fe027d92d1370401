"""A host that waits for the next cluster. A host imports for a second or two; it can do so while the user looks at the form."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from . import certificates
from .host import processes
from .host.record import Record
from .launcher import start_host

#: Seconds that a host waits: it has some 100 MiB.
LIFETIME = 300.0
#: Seconds until a host that does not take its cluster is given up: it may import from a cold network file system.
PATIENCE = 30.0


@dataclass
class Waiting:
    """A host without a cluster."""

    #: For a cluster like this one; its processes carry the id already.
    record: Record
    process: subprocess.Popen[bytes]
    channel: socket.socket
    #: What makes the cluster's own certificates, if such a cluster has some.
    certificates: subprocess.Popen[bytes] | None

    def suits(self, record: Record) -> bool:
        """Whether it is what a cluster would get, and still there."""
        return self.process.poll() is None and _beginning(self.record) == _beginning(record)

    def give(self, directory: Path, listening: socket.socket) -> subprocess.Popen[bytes] | None:
        """Give it its cluster: directory and socket. None if it has ended.

        Blocks until it has taken them, for a second or two if it still imports.
        """
        with self.channel, suppress(OSError):
            self.channel.settimeout(PATIENCE)
            socket.send_fds(self.channel, [str(directory).encode()], [listening.fileno()])
            if self.channel.recv(1):
                return self.process
        processes.end(self.record.id)
        self.process.wait()
        return None

    async def end(self) -> None:
        """Let it end."""
        self.channel.close()
        if self.certificates:
            await asyncio.to_thread(certificates.end, self.certificates)
        await asyncio.to_thread(processes.end, self.record.id)
        self.process.wait()


class Standby:
    """At most one host that waits."""

    def __init__(self) -> None:
        self._waiting: Waiting | None = None
        self._expiry: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[None]] = set()

    def prepare(self, record: Record) -> None:
        """Have a host for a cluster like this one. OSError if there can be none."""
        if self._waiting and not self._waiting.suits(record):
            self._drop()
        if not self._waiting:
            script = certificates.begin(record.id) if record.encryption == "own" else None
            channel, other = socket.socketpair()
            with other:
                process = start_host(record, "standby", record.reference, stdin=other, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self._waiting = Waiting(record, process, channel, script)
        if self._expiry:
            self._expiry.cancel()
        self._expiry = asyncio.get_running_loop().call_later(LIFETIME, self._drop)

    def take(self, record: Record) -> tuple[Record, Waiting | None]:
        """The host that waits if it suits a cluster, and the cluster's record with the id that it has."""
        waiting = self._waiting
        if not waiting or not waiting.suits(record):
            return record, None
        self._waiting = None
        return record.change(id=waiting.record.id), waiting

    async def end(self) -> None:
        """Let none wait any more."""
        self._drop()
        if self._expiry:
            self._expiry.cancel()
        await asyncio.gather(*self._ending)

    def _drop(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting:
            task = asyncio.create_task(waiting.end())
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)


def _beginning(record: Record) -> object:
    """What is settled when a host begins."""
    return record.reference, record.python, record.environ, record.pass_environment, record.cwd
