"""Starts cluster hosts."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Collection
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import certificates, directories, kernels, kinds
from .host import log, processes
from .host.errors import ClusterError, DeadlineExceeded, Unknown, describe
from .host.record import Record, private
from .kinds.base import Kind, Schema

if TYPE_CHECKING:
    from .forkserver import ForkServer

HOST = Path(__file__).parent / "host"
#: Seconds that an errand may take: it imports distributed, which is slow on a cold network file system.
ERRAND_DEADLINE = 30.0

#: What no cluster may inherit: whoever can run code on the scheduler or a worker could act as the user on the hub.
_SECRET = re.compile(r"JUPYTERHUB_|JPY_|.*(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL)", re.IGNORECASE)
#: Names that hold the path of a secret, not the secret: batch systems and data access need them.
_PATHS = {"BEARER_TOKEN_FILE", "SEC_TOKEN_SYSTEM_DIRECTORY"}


def environment(kind: Kind, own: dict[str, str], passed: Collection[str] = ()) -> dict[str, str]:
    """The environment of a cluster's processes: the server's without secrets, and the cluster's own.

    A secret is kept if the kind needs it or the operator has named it (`passed`).
    """
    kept = {
        name: value
        for name, value in kernels.original_environ().items()
        if name in _PATHS or name in passed or not _SECRET.match(name) or re.match(kind.secrets or r"(?!)", name)
    }
    return {**kept, **own}


async def preview(record: Record) -> str | None:
    """What would be submitted for a job of a cluster. ClusterError if that cannot be told."""
    with tempfile.TemporaryDirectory() as folder:
        if record.encryption == "own":
            # A class may look into them.
            script = certificates.begin()
            record = record.change(tls=await asyncio.to_thread(certificates.write, Path(folder) / "tls", script))
        text: str | None = await _send("preview", record.reference, record)
    return text.replace(folder, "<cluster's directory>") if text else None


async def inquire(reference: str, settings: dict[str, Any], passed: list[str]) -> dict[str, Schema]:
    """The options that another system declares; `passed` as of `environment`. ClusterError if it cannot be used."""
    options: dict[str, Schema] = await _send("inquire", reference, settings=settings, passed=passed)
    return options


async def logs(record: Record, job: str) -> list[dict[str, str]]:
    """What a job in another system has printed, as `Log` in openapi.yaml."""
    printed: list[dict[str, str]] = await _send("logs", record.reference, record, job=job)
    return printed


async def remove(record: Record, directory: Path) -> None:
    """Remove what a host that is gone left in another system. ClusterError if something is left."""
    await _send("remove", record.reference, record, directory=directory, deadline=ERRAND_DEADLINE + record.timeouts.close)


async def _send(
    what: str,
    reference: str,
    record: Record | None = None,
    *,
    directory: Path | None = None,
    settings: dict[str, Any] | None = None,
    passed: Collection[str] = (),
    job: str = "",
    deadline: float = ERRAND_DEADLINE,
) -> Any:
    """Have an errand done: see host/errand.py."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
        errand = {
            "what": what,
            "reference": reference,
            "settings": settings,
            "record": asdict(record) if record else None,
            "directory": str(directory) if directory else None,
            "job": job,
            "temporary": temporary,
        }
        try:
            process = await asyncio.create_subprocess_exec(
                record.python if record else sys.executable,
                str(HOST),
                "errand",
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=record.cwd if record else None,
                env=host_environment(record) if record else environment(kinds.load(reference), {}, passed),
            )
        except OSError as error:  # the cluster's Python may have been removed, or its folder
            raise ClusterError(f"The cluster's Python cannot be started: {describe(error)}") from error
        try:
            output, errors = await asyncio.wait_for(process.communicate(json.dumps(errand).encode()), deadline)
            answer = json.loads(output)
        except asyncio.TimeoutError:
            raise DeadlineExceeded(f"There was no answer within {deadline:g} s.") from None
        except ValueError:
            last = errors.decode(errors="replace").strip().splitlines()[-1:]
            raise ClusterError(f"There is no answer: {''.join(last)}") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if "error" in answer:
        kind = Unknown if answer["unknown"] else ClusterError
        raise kind(answer["error"], hint=answer["hint"])
    return answer["answer"]


def host_environment(record: Record) -> dict[str, str]:
    """The environment of a host and what it starts, but for the mark."""
    return environment(kinds.load(record.reference), record.environ, record.pass_environment)


def start_host(record: Record, *arguments: str, **streams: Any) -> subprocess.Popen[bytes]:
    """Start a host; see host/__main__.py.

    It is in a session of its own: what ends the server's process group does not end it.
    """
    return subprocess.Popen(
        [record.python, str(HOST), *arguments],
        cwd=record.cwd,
        env={**host_environment(record), processes.MARK: record.id},
        start_new_session=True,
        **streams,
    )


def launch(record: Record, server: ForkServer) -> tuple[Path, Record, subprocess.Popen[bytes] | None]:
    """Make a cluster's folders and certificates and start its host: the latter's process if it is a child of this one.

    Blocks for some milliseconds, or while the fork server still imports; leaves nothing if it raises OSError.
    """
    directory, socket_path, scratch = directories.make(record.id)
    record = record.change(socket=socket_path, scratch=scratch)
    try:
        record.save(directory)  # with it the next server finds the folders, if this one is killed now
        if record.encryption == "own":
            record = record.change(tls=certificates.write(directory / "tls", server.certificates()))
            record.save(directory)
        process = None
        with directories.listen(socket_path) as listening:
            pid = server.fork(record, directory, listening)
            if not pid:
                # Begun for itself it can say in its log what is wrong.
                descriptor = listening.fileno()
                with open(directory / log.FILE, "ab", opener=private) as output:
                    streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output}
                    process = start_host(record, str(directory), str(descriptor), pass_fds=[descriptor], **streams)
                pid = process.pid
        record = record.change(pid=pid)
        record.save(directory)
    except BaseException:
        processes.end(record.id)
        directories.remove(directory, record)
        raise
    return directory, record, process
