"""Which processes belong to a cluster, and their end.

A host and all it starts carry the cluster's id in their environment. The mark tells them from a stranger that got an old pid, and
finds those that left the host's process group.
"""

from __future__ import annotations

import ctypes
import os
import time

import psutil

MARK = "CASA_LABEXT_CLUSTER"
#: How the mark of a fork server begins.
FORK_SERVER = "fork"
#: Seconds within which killed processes are gone, unless the kernel itself hangs (a dead network file system).
DEADLINE = 5.0
#: Seconds for which a process may show no environment, while it becomes its next program: up to 15 ms were seen, on two busy cores.
EXEC = 0.1


def mark(cluster_id: str) -> bool:
    """Make this process, a copy of one with another mark, part of a cluster. False if the others see that in its next program only.

    What they see is where the environment was when the process began. The marks are of the same length.
    """
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_void_p
    place = getenv(MARK.encode())
    if place and len(os.environ[MARK]) == len(cluster_id):
        ctypes.memmove(place, cluster_id.encode(), len(cluster_id))
    os.environ[MARK] = cluster_id
    return belongs(psutil.Process(), cluster_id)


def belongs(process: psutil.Process, cluster_id: str) -> bool:
    """Whether a process is alive and part of a cluster."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == cluster_id
    except (psutil.Error, OSError):
        return False


def alive(pid: int, cluster_id: str) -> bool:
    """Whether the process with this pid is alive and part of a cluster."""
    try:
        return pid > 0 and belongs(psutil.Process(pid), cluster_id)
    except psutil.Error:
        return False


def of_cluster(cluster_id: str) -> list[psutil.Process]:
    """All live processes of a cluster but the calling one."""
    own = os.getuid()
    return [
        process
        for process in psutil.process_iter(["uids"])
        if process.pid != os.getpid() and process.info["uids"] and process.info["uids"].real == own and belongs(process, cluster_id)
    ]


def end(cluster_id: str) -> None:
    """Kill all processes of a cluster but the calling one, and wait until they are gone."""
    # A dying process may have started another one meanwhile: look again until there is none.
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        left = of_cluster(cluster_id)
        if not left:
            time.sleep(EXEC)
            left = of_cluster(cluster_id)
        if not left:
            return
        for process in left:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                pass
        psutil.wait_procs(left, timeout=1)
