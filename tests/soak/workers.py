"""`python -m soak.workers ADDRESS CA CERT KEY COUNT`: so many workers of a scheduler, in this process, until standard input ends."""

from __future__ import annotations

import asyncio
import sys

import dask
from distributed import Worker
from distributed.security import Security

#: Workers that connect at the same time.
AT_ONCE = 20
#: What each worker would do for itself all the time, and what is not asked for here.
QUIET = {
    "distributed.admin.system-monitor.interval": "60s",
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.target": False,
    "distributed.worker.memory.spill": False,
    "distributed.worker.memory.pause": False,
    "distributed.worker.memory.terminate": False,
}


async def main(address: str, ca: str, cert: str, key: str, count: int) -> None:
    security = Security(tls_ca_file=ca, tls_worker_cert=cert, tls_worker_key=key, require_encryption=True)
    some = asyncio.Semaphore(AT_ONCE)

    async def make() -> Worker:
        async with some:
            return await Worker(address, nthreads=1, memory_limit="1GiB", security=security, dashboard=False, host="127.0.0.1")

    with dask.config.set(QUIET):
        made = await asyncio.gather(*(make() for _ in range(count)))
        print(len(made), flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    address, ca, cert, key, count = sys.argv[1:]
    asyncio.run(main(address, ca, cert, key, int(count)))
