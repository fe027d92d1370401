"""The kinds of clusters, one module a kind.

Both the server and the host use them: importing one needs the standard library alone; a manager's package is imported in the functions
that run in the host. A module here, or an entry point of another package in the group `casa_labext.kinds`, is all that a new kind takes.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from .base import Kind

ENTRY_POINTS = "casa_labext.kinds"


def references() -> dict[str, str]:
    """The names of all kinds, each with where it is defined (`module:attribute`)."""
    found = {point.name: point.value for point in entry_points(group=ENTRY_POINTS)}
    for module in pkgutil.iter_modules(__path__):
        if module.name != "base":
            found[module.name.replace("_", "-")] = f"{__name__}.{module.name}:kind"
    return found


def load(reference: str) -> Kind:
    """The kind at a reference (`module:attribute`); ImportError or AttributeError if there is none."""
    module, _, attribute = reference.partition(":")
    return cast(Kind, getattr(import_module(module), attribute))
