"""Starts cluster hosts."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import tempfile
from dataclasses import asdict
from pathlib import Path

from . import certificates, directories, kernels
from .host import log, processes
from .host.errors import ClusterError, DeadlineExceeded
from .host.record import Record

HOST = Path(__file__).parent / "host"
#: Seconds that a preview may take: it imports distributed, which is slow on a cold network file system.
PREVIEW_DEADLINE = 30.0

#: What no cluster may inherit: whoever can run code on the scheduler or a worker could act as the user on the hub.
_SECRET = re.compile(r"JUPYTERHUB_|JPY_|.*(TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL)", re.IGNORECASE)
#: Names that hold the path of a secret, not the secret: batch systems and data access need them.
_PATHS = {"BEARER_TOKEN_FILE", "SEC_TOKEN_SYSTEM_DIRECTORY"}


def environment(record: Record) -> dict[str, str]:
    """The environment of a host: the server's without its secrets, the kernel's own variables, and the cluster's mark."""
    inherited = {name: value for name, value in kernels.original_environ().items() if name in _PATHS or not _SECRET.match(name)}
    return {**inherited, **record.environ, processes.MARK: record.id}


async def preview(record: Record) -> str | None:
    """What would be submitted for a job of a cluster. ClusterError if that cannot be told."""
    with tempfile.TemporaryDirectory() as folder:
        if record.encryption == "own":
            # A class may look into them.
            record = record.change(tls=await asyncio.to_thread(certificates.make, Path(folder) / "tls", record.id))
        text = await _preview(record)
    return text.replace(folder, "<cluster's directory>") if text else None


async def _preview(record: Record) -> str | None:
    process = await asyncio.create_subprocess_exec(
        record.python,
        str(HOST),
        "preview",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=record.cwd,
        env=environment(record),
    )
    try:
        output, errors = await asyncio.wait_for(process.communicate(json.dumps(asdict(record)).encode()), PREVIEW_DEADLINE)
        answer = json.loads(output)
    except asyncio.TimeoutError:
        raise DeadlineExceeded(f"There was no preview within {PREVIEW_DEADLINE:g} s.") from None
    except ValueError:
        last = errors.decode(errors="replace").strip().splitlines()[-1:]
        raise ClusterError(f"There is no preview: {''.join(last)}") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if "error" in answer:
        raise ClusterError(answer["error"])
    text: str | None = answer["text"]
    return text


def launch(record: Record) -> tuple[Path, Record, subprocess.Popen[bytes]]:
    """Make a cluster's folders and certificates and start its host. Blocks for some milliseconds; leaves nothing if it raises OSError.

    The host is in a session of its own: what ends the server's process group does not end it.
    """
    directory, socket_path, scratch = directories.make(record.id)
    record = record.change(socket=socket_path, scratch=scratch)
    try:
        if record.encryption == "own":
            record = record.change(tls=certificates.make(directory / "tls", record.id))
        record.save(directory)
        with directories.listen(socket_path) as listening, open(directory / log.FILE, "ab") as output:
            process = subprocess.Popen(
                [record.python, str(HOST), str(directory), str(listening.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=record.cwd,
                env=environment(record),
                pass_fds=[listening.fileno()],
                start_new_session=True,
            )
        record = record.change(pid=process.pid)
        record.save(directory)
    except BaseException:
        processes.end(record.id)
        directories.remove(directory, record)
        raise
    return directory, record, process
