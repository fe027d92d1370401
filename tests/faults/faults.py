"""The faults: each is there while its context is open."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from systems.batch.fixtures import unavailable

#: Bytes and files of the small file system.
SIZE, FILES = 32 * 2**20, 4000


@contextmanager
def signalled(number: int, process: psutil.Process, restart: Callable[[], object] | None) -> Iterator[None]:
    """A process that got a signal; afterwards one that was stopped goes on, and one that ended is started again, if anybody does."""
    with suppress(psutil.NoSuchProcess):  # what is closing may be quicker
        process.send_signal(number)
    try:
        yield
    finally:
        if number == signal.SIGSTOP:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)
        elif restart:
            restart()


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own for a folder."""
    _command("mount", "-t", "tmpfs", "-o", f"size={SIZE},nr_inodes={FILES}", "tmpfs", str(folder))
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full_disk(folder: Path) -> Iterator[None]:
    """A small disk with neither a free block nor room for another file."""
    filler = folder / "filler"
    filler.mkdir()
    try:
        with suppress(OSError), (filler / "blocks").open("wb", buffering=0) as file:
            while True:
                file.write(bytes(2**16))
        with suppress(OSError):
            for number in range(FILES):
                (filler / str(number)).touch()
        yield
    finally:
        shutil.rmtree(filler)


def ports(process: psutil.Process) -> set[int]:
    """The TCP ports at which a process listens or is connected; 0 for one that has ended."""
    try:
        return {found.laddr.port for found in process.net_connections("tcp") if found.laddr}
    except psutil.NoSuchProcess:
        return {0}


@contextmanager
def cut_network(cut: set[int]) -> Iterator[None]:
    """No packet comes through, from or to some ports of this machine."""
    _install("nft", "nftables")
    name = f"casa_labext_{uuid.uuid4().hex}"
    some = ", ".join(map(str, sorted(cut)))
    rules = "; ".join(f"tcp {end} {{ {some} }} drop" for end in ("sport", "dport"))
    _command("nft", f"table inet {name} {{ chain input {{ type filter hook input priority 0; {rules}; }}; }}")
    try:
        yield
    finally:
        subprocess.run(["nft", f"delete table inet {name}"], check=True)


class Clock:
    """A clock that a test sets, of the processes that get `environ`: all processes of a machine have one clock."""

    def __init__(self, folder: Path) -> None:
        _install("gcc", "gcc libc6-dev")
        library = folder / "clock.so"
        _command("gcc", "-shared", "-fPIC", "-O1", "-o", str(library), str(Path(__file__).with_name("clock.c")))
        self._file = folder / "clock"
        self._file.touch()
        self._set(0)
        self.environ = {"LD_PRELOAD": str(library), "CASA_LABEXT_CLOCK": str(self._file)}

    @contextmanager
    def jumped(self) -> Iterator[None]:
        """An hour ahead; afterwards it is set back."""
        self._set(3600)
        try:
            yield
        finally:
            self._set(0)

    def _set(self, seconds: int) -> None:
        with self._file.open("r+b") as file:
            file.write(seconds.to_bytes(8, sys.byteorder))


def _command(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        unavailable(f"{command[0]} does not work here: {done.stderr}")


def _install(program: str, package: str) -> None:
    """Have a program of one of Debian's packages."""
    if shutil.which(program):
        return
    if os.getuid() != 0 or not shutil.which("apt-get"):
        unavailable(f"{program} is not installed.")
    install = "apt-get -qq -o DPkg::Lock::Timeout=120 install --no-install-recommends -y"
    # With the old lists of packages first; they may name files that are gone.
    done = subprocess.run(f"{install} {package} || (apt-get -qq update; {install} {package})", shell=True, capture_output=True, text=True)
    if done.returncode:
        unavailable(done.stderr)
