"""Life-cycle events on Jupyter's event bus, for operators' telemetry and for other extensions; the schema is events.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_events import EventLogger

from .message import Message

SCHEMA = Path(__file__).with_name("events.yaml")
SCHEMA_ID = "https://casa-labext.github.io/events/cluster/v1"


class Events:
    """Listens to the registry and tells of each cluster's states."""

    def __init__(self, logger: EventLogger) -> None:
        self._logger = logger
        self._logger.register_event_schema(SCHEMA)
        self._told: dict[str, dict[str, Any]] = {}

    def __call__(self, message: Message) -> None:
        """Hear a message."""
        if message.content["type"] == "removed":
            data = self._told.pop(message.cluster, None)
            if data and data["state"] != "closed":
                self._emit({**data, "state": "closed", "running": 0})
            return
        cluster = message.content["cluster"]
        workers = cluster["workers"]
        data = {name: cluster[name] for name in ("kind", "profile", "state")}
        data |= {"cluster": cluster["id"], "requested": workers["requested"], "running": workers["running"]}
        if self._told.get(cluster["id"], {}).get("state") != cluster["state"]:
            self._emit(data)
        self._told[cluster["id"]] = data

    def _emit(self, data: dict[str, Any]) -> None:
        self._logger.emit(schema_id=SCHEMA_ID, data=data)
