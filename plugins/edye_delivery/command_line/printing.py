"""What a command prints: styled lines for people, plain where nobody looks, and documents for machines."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from typing import Any

import typer

from edye_delivery.catalog.wording import Line
from edye_delivery.feeds.lint.report import UNUSABLE
from edye_delivery.rules.explain import explain, sentence_on_unknown
from edye_delivery.rules.rule import Registry


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


def print_explanation(rules: Registry[Any], name: str, command: str) -> None:
    """What is known of the rules of this name; where there is none, `command` says so on stderr and ends with 2."""
    found = rules.find(name)
    if not found:
        print(f"{command}: {sentence_on_unknown(rules.in_order(), name)}", file=sys.stderr)
        raise typer.Exit(UNUSABLE)
    print_lines(explain(found))
