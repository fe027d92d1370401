"""The host's log: everything that it and its child processes print or log, in one file of bounded size."""

from __future__ import annotations

import logging
import os
import sys
import threading
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from .record import private

FILE = "host.log"
#: Bytes a file; one older file is kept beside it.
MAXIMUM_SIZE = 5_000_000
#: Bytes of a log that are shown.
SHOWN_SIZE = 256 * 1024

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class _PrivateFile(RotatingFileHandler):
    """The log file, for the user alone."""

    def _open(self) -> Any:
        return open(self.baseFilename, self.mode, encoding=self.encoding, errors=self.errors, opener=private)


def redirect() -> int:
    """Send this process's stdout and stderr, which children inherit, into a pipe; its other end."""
    read_end, write_end = os.pipe()
    os.dup2(write_end, sys.stdout.fileno())
    os.dup2(write_end, sys.stderr.fileno())
    os.close(write_end)
    return read_end


def capture(directory: Path, read_end: int) -> threading.Thread:
    """Write what comes out of the pipe, and this process's logging, to the rotating log file."""
    handler = _PrivateFile(directory / FILE, maxBytes=MAXIMUM_SIZE, backupCount=1)
    handler.handleError = lambda record: None  # type: ignore[method-assign]  # a full disk must not stop the cluster

    def copy() -> None:
        with open(read_end, errors="replace") as lines:
            for line in lines:
                handler.emit(logging.LogRecord("", logging.INFO, "", 0, line.rstrip("\n"), None, None))

    thread = threading.Thread(target=copy, name="log", daemon=True)
    thread.start()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=_FORMAT)
    return thread


def finish(thread: threading.Thread) -> None:
    """Wait until all that was printed is in the file; the children must have ended."""
    logging.shutdown()
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, sys.stdout.fileno())
    os.dup2(nothing, sys.stderr.fileno())
    thread.join(timeout=1)


def tail(directory: Path) -> str:
    """The end of the log file; empty if there is none."""
    try:
        with open(directory / FILE, "rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - SHOWN_SIZE))
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def last_error(directory: Path) -> str:
    """The last line of the log that names an exception, for a host that died of it; empty if there is none."""
    lines = tail(directory).splitlines()
    errors = [line for line in lines if "Error" in line.split(":")[0] and not line.startswith((" ", "\t"))]
    return errors[-1].strip() if errors else ""
