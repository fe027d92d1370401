"""What a kind tells of a start that takes long. A host has one cluster, so that one listener is enough."""

from __future__ import annotations

import logging
from collections.abc import Callable

_listeners: list[Callable[[str], object]] = []

logger = logging.getLogger(__name__)


def listen(listener: Callable[[str], object]) -> None:
    """Hear of it; called in the thread of the manager."""
    _listeners[:] = [listener]


def tell(text: str) -> None:
    """Say in a line what is being done."""
    logger.info(text)
    for listener in _listeners:
        listener(text)
