"""Something short that needs a manager's package, in a process of its own: what would be submitted, what another system offers, what is to
be removed there. Reads an errand from stdin and prints the answer, both as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from ..kinds import load
from .errors import Unknown, describe
from .record import Record


def main() -> None:
    """Print `{"answer"}` or `{"error", "hint", "unknown"}`."""
    errand = json.load(sys.stdin)
    # kr8s leaves the user's key there. The server removes it too, if this process is killed.
    tempfile.tempdir = errand.pop("temporary")
    with contextlib.redirect_stdout(sys.stderr):
        try:
            answer = {"answer": asyncio.run(_run(**errand))}
        except Exception as error:
            answer = {"error": describe(error), "hint": getattr(error, "hint", None), "unknown": isinstance(error, Unknown)}
        finally:
            shutil.rmtree(tempfile.tempdir, ignore_errors=True)
    print(json.dumps(answer))


async def _run(
    *, what: str, reference: str, settings: dict[str, Any], record: dict[str, Any] | None, directory: str | None, job: str
) -> Any:
    kind = load(reference)
    if what == "inquire":
        return await kind.inquire(settings)
    assert record is not None
    if what == "preview":
        return await kind.preview(Record.parse(record))
    if what == "logs":
        return await kind.logs(Record.parse(record), job)
    assert directory is not None
    return await kind.remove(Record.parse(record), Path(directory))
