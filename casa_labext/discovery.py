"""Finds the scheduler that a facility runs for its users, by its address.

Only encrypted addresses are looked at, with the certificates that dask's configuration names: on a shared machine anybody can listen on a
port, but only the facility's scheduler has a certificate of its authority.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from typing import TYPE_CHECKING

from .host.errors import ClusterError

if TYPE_CHECKING:
    from .encryption import Comm
    from .registry import Registry

#: The profile with which a scheduler is attached.
PROFILE = "attached"
#: Seconds between two looks.
INTERVAL = 5.0
#: Seconds for a handshake with a scheduler on this machine.
DEADLINE = 3.0

logger = logging.getLogger(__name__)


class Discovery:
    """Attaches each scheduler once: it comes back when it was started anew, not when a user has detached it."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._seen: set[str] = set()

    async def run(self) -> None:
        """Look for ever."""
        while True:
            try:
                await self._look()
            except Exception:
                logger.exception("Looking for running schedulers failed")
            await asyncio.sleep(INTERVAL)

    async def _look(self) -> None:
        configuration = await self._registry.configuration()
        if PROFILE not in configuration.profiles:
            return
        for address in configuration.discover:
            if self._registry.has_address(address):
                self._seen.add(address)
            elif not await listens(address, configuration.comm):
                self._seen.discard(address)
            elif address not in self._seen:
                self._seen.add(address)
                try:
                    await self._registry.create({"profile": PROFILE, "options": {"address": address}, "name": address})
                except ClusterError as error:
                    logger.warning("The scheduler at %s cannot be attached: %s", address, error.message)


async def listens(address: str, comm: Comm) -> bool:
    """Whether somebody listens there who has a certificate of the configured authority."""
    host, _, port = address.removeprefix("tls://").rpartition(":")
    try:
        context = await asyncio.to_thread(_context, comm)
        _, writer = await asyncio.wait_for(asyncio.open_connection(host.strip("[]"), int(port), ssl=context), DEADLINE)
    except (KeyError, OSError, ValueError, asyncio.TimeoutError):
        return False
    writer.transport.abort()
    return True


def _context(comm: Comm) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=comm.files["ca-file"])
    context.check_hostname = False  # as in distributed
    # Without a password OpenSSL would ask for one at the server's terminal.
    context.load_cert_chain(comm.files["client.cert"], comm.files.get("client.key"), password="")
    return context
