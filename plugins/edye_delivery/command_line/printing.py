"""What a command prints: styled lines for people, plain where nobody looks, and documents for machines."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable

from edye_delivery.catalog.wording import Line


def print_lines(lines: Iterable[Line]) -> None:
    """The lines, with colours in a terminal; signs that the terminal cannot show become ?."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    if not sys.stdout.isatty():
        for line in lines:
            print("".join(text for text, _ in line))
        return
    from rich.console import Console  # only a terminal pays for it
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text.assemble(*line))


def print_pieces(pieces: Iterable[str]) -> None:
    """A document as UTF-8, whatever the locale says."""
    stream = sys.stdout.buffer
    for piece in pieces:
        stream.write(piece.encode())
    stream.flush()
