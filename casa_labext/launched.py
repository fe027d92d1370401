"""What a cluster was launched with."""

from __future__ import annotations

from dataclasses import asdict

import yaml

from .daskconfig.secrets import redacted
from .host.record import Record

#: Of the record: what says nothing to its user, and what is the operator's.
_HIDDEN = ("id", "socket", "scratch", "pid", "reference", "created", "environ", "settings")


def launched(record: Record) -> str:
    """A record as YAML, without what looks like a secret."""
    shown = {name: value for name, value in asdict(record).items() if name not in _HIDDEN and value not in (None, {})}
    text: str = yaml.safe_dump(redacted(shown), sort_keys=False, allow_unicode=True)
    return text
