"""Whether profiles can be launched now, and with which options where another system declares them."""

from __future__ import annotations

import asyncio
import time

from jsonschema import SchemaError

from . import launcher
from .host.errors import ClusterError, describe
from .kinds.base import Schema
from .profiles import Profile

#: Seconds that a system's answer is good for.
LIFETIME = 10.0

#: The options that a system declares, if it does, and why nothing can be launched now.
Answer = tuple[dict[str, Schema] | None, ClusterError | None]


class Availability:
    """Asks each system at most once in LIFETIME."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[float, asyncio.Task[Answer]]] = {}

    async def of(self, profile: Profile) -> tuple[Profile, ClusterError | None]:
        """A profile with all its options, and why it cannot be launched now."""
        # What a kind finds here is the same for all its profiles.
        what = f"{profile.name} {profile.settings} {profile.pass_environment}" if profile.kind.inquires else profile.reference
        asked, task = self._asked.get(what, (0.0, None))
        if task is None or time.monotonic() - asked > LIFETIME:
            task = asyncio.create_task(inquire(profile))
            self._asked[what] = (time.monotonic(), task)
        declared, error = await asyncio.shield(task)
        if declared is None or error:
            return profile, error
        try:
            return await asyncio.to_thread(profile.declare, declared), None
        except (ClusterError, SchemaError) as wrong:
            field = getattr(wrong, "field", None)
            return profile, ClusterError(f"casa-labext.profiles.{profile.name}{f'.{field}' if field else ''}: {describe(wrong)}")


async def inquire(profile: Profile) -> Answer:
    """What the system of a profile says."""
    if not profile.kind.inquires:
        reason = await profile.kind.unavailable()
        return None, ClusterError(reason) if reason else None
    try:
        return await launcher.inquire(profile.reference, profile.settings, profile.pass_environment), None
    except ClusterError as error:
        return None, error
