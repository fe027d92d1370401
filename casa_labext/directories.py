"""The folders of a cluster: its directory below Jupyter's runtime directory, and its private ones on a local file system.

A home may be on NFS, AFS or EOS, where no socket can be and spilling is slow; and the path of a socket has 107 bytes at most.
"""

from __future__ import annotations

import os
import shutil
import socket
import stat
import tempfile
from pathlib import Path

import psutil
from jupyter_core.paths import jupyter_runtime_dir

from .host import outside
from .host.record import Record

#: What fits into the address of a Unix socket everywhere (macOS: 104, Linux: 108 bytes, with the final NUL).
MAXIMUM_SOCKET_PATH = 103
_PREFIX = "casa-labext-"
#: The sockets in a folder are a cluster's own and multiprocessing's, which has the longer name.
_LONGEST = "listener-12345678"


def clusters() -> Path:
    """The folder of all clusters' directories, made if needed; PermissionError if somebody else could write there."""
    return _private(_ours() / "clusters")


def _ours() -> Path:
    # Jupyter's own secrets lie in its runtime directory.
    runtime = Path(jupyter_runtime_dir())
    runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
    return _private(runtime / "casa-labext")


def _private(folder: Path) -> Path:
    """A folder that is the user's alone, made if needed; PermissionError if it is a link, or somebody else's."""
    folder.mkdir(mode=0o700, exist_ok=True)
    status = folder.lstat()
    if status.st_uid != os.getuid() or not stat.S_ISDIR(status.st_mode):
        raise PermissionError(f"{folder} is a link or belongs to somebody else")
    folder.chmod(0o700)
    return folder


def for_kernels() -> Path:
    """The folder of this server's certificates for kernels, made if needed; those of servers that are gone are removed."""
    parent = _private(_ours() / "kernels")
    own = parent / f"{socket.gethostname()}-{os.getpid()}"
    for folder in parent.iterdir():
        hostname, _, pid = folder.name.rpartition("-")
        if hostname == socket.gethostname() and not psutil.pid_exists(int(pid)):
            discard(folder)
    return _private(own)


def make(cluster_id: str) -> tuple[Path, str, str]:
    """Make a cluster's folders: its directory, the path for its socket, and its scratch folder."""
    directory = clusters() / cluster_id
    directory.mkdir(mode=0o700)
    scratch = ""
    try:
        scratch = tempfile.mkdtemp(prefix=_PREFIX, dir=_safe(tempfile.gettempdir()))
        path = os.path.join(_socket_folder(), "socket")
    except BaseException:
        if scratch:
            shutil.rmtree(scratch, ignore_errors=True)
        shutil.rmtree(directory, ignore_errors=True)
        raise
    return directory, path, scratch


def _socket_folder() -> str:
    # Not XDG_RUNTIME_DIR: it is removed when the user logs out, while a server in tmux goes on.
    for parent in (tempfile.gettempdir(), "/tmp"):  # noqa: S108
        if len(parent) + len(f"/{_PREFIX}12345678/{_LONGEST}") <= MAXIMUM_SOCKET_PATH and os.access(parent, os.W_OK):
            return tempfile.mkdtemp(prefix=_PREFIX, dir=_safe(parent))
    raise OSError("There is no folder for a socket: neither the temporary directory nor /tmp can be used.")


def _safe(parent: str) -> str:
    """A folder in which nobody else can put another folder in the place of ours; PermissionError if it is none."""
    mode = os.stat(parent).st_mode
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise PermissionError(f"Everybody can rename what is in {parent}: it has no sticky bit")
    return parent


def listen(path: str) -> socket.socket:
    """A listening socket at a path. The server makes it and the host inherits it, so that it is there before the host is."""
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(path)
        os.chmod(path, 0o600)
        listening.listen(16)
    except BaseException:
        listening.close()
        raise
    return listening


def remove(directory: Path, record: Record) -> None:
    """Remove all that a cluster has on this machine."""
    outside.remove(record)
    discard(directory)


def discard(directory: Path) -> None:
    """Remove a directory with all that is in it."""
    shutil.rmtree(directory, ignore_errors=True)
