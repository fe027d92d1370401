"""Runs the commands of batch systems. None may hang for ever, and what they complain about is kept."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..host.errors import ClusterError, DeadlineExceeded

#: Characters of what a command printed that are kept of an error.
SHOWN = 400


class CommandFailed(ClusterError):
    """A command that could not be started, or that says it failed."""

    def __init__(self, message: str, *, output: str = "", code: int | None = None) -> None:
        super().__init__(message)
        self.output = output
        self.code = code


async def run(command: Sequence[str], *, deadline: float, cwd: str | Path | None = None, environ: Mapping[str, str] | None = None) -> str:
    """What a command prints. CommandFailed with its complaint, DeadlineExceeded if it takes more than `deadline` seconds."""
    name = os.path.basename(command[0])
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**os.environ, **(environ or {})},
            start_new_session=True,  # so that what it started can be ended with it
        )
    except FileNotFoundError:
        raise CommandFailed(f"{name} is not on PATH.") from None
    except OSError as error:
        raise CommandFailed(f"{name} cannot be started: {error.strerror}.") from error
    try:
        output, complaint = await asyncio.wait_for(process.communicate(), deadline)
    except asyncio.TimeoutError:
        raise DeadlineExceeded(f"{name} has not answered within {deadline:g} s.") from None
    finally:
        if process.returncode is None:
            _kill(process.pid)
            # The pipes may be held open by a grandchild in another session: not waited for.
    text = output.decode(errors="replace")
    if process.returncode:
        words = _complaint(name, complaint.decode(errors="replace").strip() or text.strip())
        raise CommandFailed(f"{name}: {words or f'exit code {process.returncode}'}", output=text, code=process.returncode)
    return text


def _complaint(name: str, printed: str) -> str:
    """What counts of what a command printed, in a line."""
    # The first paragraph: HTCondor goes on with advice for administrators.
    lines = printed.partition("\n\n")[0].splitlines()
    # Slurm tells all that led to it before.
    words = " ".join(" ".join([line for line in lines if "fatal:" in line] or lines).split())
    return words.removeprefix(f"{name}: ")[:SHOWN]


def _kill(pid: int) -> None:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
