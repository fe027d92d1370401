"""docs/soak.md: what was seen."""

from __future__ import annotations

import json
import os


def note(subject: str, **figures: float) -> None:
    """Write figures down: a line of JSON in the file $CASA_LABEXT_FIGURES, if there is one."""
    if path := os.environ.get("CASA_LABEXT_FIGURES"):
        with open(path, "a") as file:
            file.write(json.dumps([subject, figures]) + "\n")
