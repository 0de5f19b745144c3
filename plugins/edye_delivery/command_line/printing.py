"""Prints for a command: styled lines in a terminal, plain lines elsewhere, and documents for machines."""

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
    """Prints the lines, with colours in a terminal; a character that the terminal cannot show becomes ?."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    if not sys.stdout.isatty():
        for line in lines:
            print("".join(text for text, _ in line))
        return
    from rich.console import Console  # loaded for a terminal only
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text.assemble(*line))


def print_pieces(pieces: Iterable[str]) -> None:
    """Prints a document as UTF-8, whatever the locale is."""
    stream = sys.stdout.buffer
    for piece in pieces:
        stream.write(piece.encode())
    stream.flush()


def print_explanation(name: str, command: str, *registries: Registry[Any]) -> None:
    """Explains the rules with this name; where there is none, says so on stderr and gives 2."""
    found = [rule for rules in registries for rule in rules.find(name)]
    if not found:
        all_rules = [rule for rules in registries for rule in rules.in_order()]
        print(f"{command}: {sentence_on_unknown(all_rules, name)}", file=sys.stderr)
        raise typer.Exit(UNUSABLE)
    print_lines(explain(found))
