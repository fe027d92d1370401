"""Cluster classes with faults, for the kind `factory`. The host imports them by name."""

import asyncio
import time
from typing import Any

from distributed import LocalCluster


class RaisesInConstructor:
    """Cannot be made."""

    def __init__(self, **kwargs: Any) -> None:
        raise ValueError("the site is closed on Sundays")


class RaisesLate(LocalCluster):
    """Starts its scheduler, then fails."""

    async def _start(self) -> None:
        await super()._start()
        raise RuntimeError("the batch system went away")


class BlocksInConstructor:
    """Blocks its event loop for ever."""

    def __init__(self, **kwargs: Any) -> None:
        time.sleep(3600)


class HangsInStart:
    """Never gets ready, but does not block."""

    def __init__(self, **kwargs: Any) -> None:
        pass

    def __await__(self) -> Any:
        return asyncio.sleep(3600).__await__()


class HangsInClose(LocalCluster):
    """Works, but cannot be closed."""

    async def _close(self) -> None:
        await asyncio.sleep(3600)


class FailsToScale(LocalCluster):
    """Works with the workers it has."""

    def scale(self, n: int = 0, **kwargs: Any) -> None:
        if n > 1:
            raise RuntimeError("no more than one worker on Mondays")
        super().scale(n, **kwargs)
