"""The ids of a cluster's jobs on disk, so that no job is lost with its host."""

from __future__ import annotations

import os
from pathlib import Path

FILE = "jobs"


def add(directory: Path, job_id: str) -> None:
    """Note a job, before anything else is done about it."""
    descriptor = os.open(directory / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, f"{job_id}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(directory: Path) -> list[str]:
    """The ids of all jobs that were ever submitted, oldest first."""
    try:
        return (directory / FILE).read_text().split()
    except FileNotFoundError:
        return []
