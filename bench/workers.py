"""Workers that join a cluster by themselves: `python -m bench.workers <connection as JSON> [silent]`.

It starts as many more as each line of its input says, and answers with the time at which the scheduler had the last of them, in seconds
since the epoch; they end with the input. Silent ones tell nothing once they have registered: thousands would keep the cores busy.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import tempfile
import time
from typing import Any

import dask
from distributed import Worker

from .graphs import security

#: Workers that connect at the same time.
TOGETHER = 20
#: Bytes that each says to have.
MEMORY = 2**30
#: What each worker would do for itself all the time, and what is not asked for here.
QUIET = {
    "distributed.admin.system-monitor.interval": "60s",
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
}


class Silent(Worker):
    """A real worker, but for what it tells every second or two."""

    async def heartbeat(self) -> None:
        """Only once: when it registers, and not here."""


async def serve(connection: dict[str, Any], kind: type[Worker]) -> None:
    """Start workers until the input ends."""
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    workers: list[Worker] = []
    together = asyncio.Semaphore(TOGETHER)
    with tempfile.TemporaryDirectory(prefix="casa-labext-bench-", ignore_cleanup_errors=True) as folder:
        options = {"nthreads": 1, "memory_limit": MEMORY, "local_directory": folder, "dashboard": False, "host": "127.0.0.1"}

        async def start() -> Worker:
            async with together:
                return await kind(connection["address"], security=security(connection), **options)

        print("ready", flush=True)
        while line := await lines.readline():
            workers += await asyncio.gather(*(start() for _ in range(int(line))))
            print(time.time(), flush=True)
        await asyncio.gather(*(worker.close(timeout=1, nanny=False) for worker in workers), return_exceptions=True)


if __name__ == "__main__":
    logging.getLogger("distributed").setLevel(logging.WARNING)
    dask.config.set(QUIET)
    asyncio.run(serve(json.loads(sys.argv[1]), Silent if "silent" in sys.argv[2:] else Worker))
