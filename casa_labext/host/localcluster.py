"""distributed.LocalCluster whose workers come even if one is killed while it starts. For hosts only."""

from __future__ import annotations

import logging

import distributed
from distributed.core import Status

#: How often workers are started that fail at once, before it is said that they do.
ATTEMPTS = 3

logger = logging.getLogger(__name__)


class LocalCluster(distributed.LocalCluster):  # type: ignore[misc]
    """SpecCluster keeps a worker that failed at its start among its workers, and so never starts it again."""

    #: Workers that failed each time.
    failed: frozenset[object] = frozenset()

    async def _correct_state_internal(self) -> None:
        for attempt in range(1, ATTEMPTS + 1):
            self.failed = frozenset()
            try:
                await super()._correct_state_internal()
                return
            except RuntimeError:
                failed = frozenset(name for name, worker in self.workers.items() if worker.status == Status.failed)
                for name in failed:
                    del self.workers[name]
                if not failed or attempt == ATTEMPTS:
                    self.failed = failed
                    raise
                logger.warning("%d workers failed at their start; they are started again", len(failed))
