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
            except Exception:  # of a worker, or of a nanny that could not even be made: a disk may be full
                for name in [name for name, worker in self.workers.items() if worker.status == Status.failed]:
                    del self.workers[name]
                failed = frozenset(self.worker_spec.keys() - self.workers.keys())
                if not failed or attempt == ATTEMPTS:
                    self.failed = failed
                    raise
                logger.warning("%d workers failed at their start; they are started again", len(failed))
