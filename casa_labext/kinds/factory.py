"""Any importable cluster class, named by the operator."""

from __future__ import annotations

from importlib import import_module
from inspect import isawaitable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from .base import Kind, Options, Schema, security

if TYPE_CHECKING:
    from ..host.record import Record


class Factory(Kind):
    """A class named in a profile. What it is called with comes from the profile alone, never from a browser."""

    title = "Cluster"
    settings: ClassVar[Schema] = {
        "type": "object",
        "required": ["module", "class"],
        "additionalProperties": False,
        "properties": {
            "module": {"type": "string"},
            "class": {"type": "string"},
            "args": {"type": "array"},
            "kwargs": {"type": "object"},
            # Gives the class `security` with certificates of the cluster's own.
            "encryption": {"type": "boolean"},
        },
    }

    def encrypts(self, options: Options, settings: Options) -> bool:
        return bool(settings.get("encryption", False))

    async def make(self, record: Record, directory: Path) -> Any:
        settings = record.settings
        factory = getattr(import_module(settings["module"]), settings["class"])
        # YAML is written with hyphens, as dask's configuration is; Python has underscores.
        kwargs = {key.replace("-", "_"): value for key, value in settings.get("kwargs", {}).items()}
        if record.encrypted:
            kwargs["security"] = security(record)
        cluster = factory(*settings.get("args", []), **kwargs, asynchronous=True)
        return await cluster if isawaitable(cluster) else cluster


kind = Factory()
