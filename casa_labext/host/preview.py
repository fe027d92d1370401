"""What would be submitted for a cluster, under the Python that its host would have. Reads a record from stdin, prints the text as JSON."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys

from ..kinds import load
from .errors import describe
from .record import Record


def main() -> None:
    """Print `{"text"}` or `{"error"}`."""
    record = Record.parse(json.load(sys.stdin))
    with contextlib.redirect_stdout(sys.stderr):
        try:
            answer = {"text": asyncio.run(load(record.reference).preview(record))}
        except Exception as error:
            answer = {"error": describe(error)}
    print(json.dumps(answer))
