"""What the commands print: columns and notes, wrapped for a terminal, and whole where they go into a file or a pipe."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence


def hanging(text: str, indent: int) -> str:
    """A line; where it is too long for the terminal it goes on with an indent."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    return textwrap.fill(text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)


def table(head: Sequence[str], rows: Sequence[Sequence[str]], notes: Sequence[str | None]) -> str:
    """Aligned columns; a row's note comes below it."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        return "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()

    lines = [line(head)]
    for cells, note in zip(rows, notes, strict=True):
        lines.append(line(cells))
        if note:
            lines.append(hanging(f"    {note}", 4))
    return "\n".join(lines)
