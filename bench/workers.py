"""Workers that join a cluster by themselves: `python -m bench.workers <connection as JSON>` starts as many as each line of its input says.

It answers with the time at which the scheduler had the last of them, in seconds since the epoch.
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


class Silent(Worker):
    """A real worker, but for what it tells every second or two: so many would keep this machine's cores busy with nothing else."""

    async def heartbeat(self) -> None:
        """Only once: when it registers, and not here."""


async def serve(connection: dict[str, Any]) -> None:
    """Start workers until the input ends."""
    workers: list[Silent] = []
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    with tempfile.TemporaryDirectory(prefix="casa-labext-bench-", ignore_cleanup_errors=True) as folder:
        print("ready", flush=True)
        while line := await lines.readline():
            left = int(line)
            while left > 0:
                count = min(left, TOGETHER)
                more = [
                    Silent(
                        connection["address"],
                        security=security(connection),
                        nthreads=1,
                        memory_limit=0,
                        local_directory=folder,
                        dashboard=False,
                    )
                    for _ in range(count)
                ]
                await asyncio.gather(*more)
                workers += more
                left -= count
            print(time.time(), flush=True)
        await asyncio.gather(*(worker.close(timeout=1, nanny=False) for worker in workers), return_exceptions=True)


if __name__ == "__main__":
    logging.getLogger("distributed").setLevel(logging.WARNING)
    dask.config.set({"distributed.worker.memory.monitor-interval": "1h", "distributed.admin.system-monitor.interval": "1h"})
    asyncio.run(serve(json.loads(sys.argv[1])))
