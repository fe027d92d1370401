"""What is told of a cluster."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True)
class Message:
    """`StreamMessage` in openapi.yaml about one cluster."""

    cluster: str
    content: dict[str, Any]

    @cached_property
    def text(self) -> str:
        """The JSON text: encoded once for all browsers, and not at all for none."""
        return json.dumps(self.content)
