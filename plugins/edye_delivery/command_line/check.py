"""`check`: says what a run would find in a video, a picture or a title's JSON, before anybody uploads it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edye_delivery.feeds.lint.report import UNUSABLE

if TYPE_CHECKING:
    from edye_delivery.annex.model import Annex
    from edye_delivery.command_line.check_report import CheckReport


class Picture(StrEnum):
    """What a picture is."""

    POSTER = "poster"
    STILL = "still"
    KEY_ART = "key_art"
    BACKGROUND = "background"
    LOGO = "logo"


class Format(StrEnum):
    """How the result is written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


def check(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH...", help="Videos, pictures, JSON of catalogue items.")
    ] = None,
    annex: Annotated[
        str | None, typer.Option("--annex", metavar="NAME", help="The partner: the name of its annex file.")
    ] = None,
    kind: Annotated[Picture | None, typer.Option(help="What the pictures are.")] = None,
    metadata: Annotated[
        str | None, typer.Option(metavar="FILE.json", help="The catalogue item of the title that the files belong to.")
    ] = None,
    output_format: Annotated[Format, typer.Option("--format", help="How the result is written.")] = Format.TEXT,
    explain: Annotated[str | None, typer.Option(metavar="CODE", help="Say what a rule means, and stop.")] = None,
) -> None:
    """Checks local files by the rules that a run uses; delivers nothing and needs no Airflow.

    With --metadata a video is also compared with the catalogue item, and a picture that the item names is recognised by
    its file name. An episode is checked with its series where the series' JSON is among the PATHs.

    Exit code: 0 good, 1 a finding blocks, 2 an input cannot be checked (one sentence for each on stderr).
    """
    from edye_delivery.command_line.check_report import as_json, as_sarif, as_text  # nothing else has to load the rules
    from edye_delivery.command_line.printing import print_lines, print_pieces

    if explain is not None:
        _explain(explain)
        return
    if not paths:
        raise typer.BadParameter("name at least one file", param_hint="PATH")
    if annex is None:
        raise typer.BadParameter("name the partner", param_hint="--annex")
    report = check_report(paths, _annex_named(annex), kind, metadata)
    if output_format is Format.TEXT:
        print_lines(as_text(report))
    else:
        print_pieces((as_json if output_format is Format.JSON else as_sarif)(report))
    _tell(sentence for _, sentence in report.unusable)
    raise typer.Exit(report.exit_code)


def check_report(paths: Iterable[str], annex: Annex, kind: Picture | None, metadata: str | None) -> CheckReport:
    """The findings of the rules on these files."""
    import tempfile
    from dataclasses import replace
    from datetime import UTC, datetime

    from edye_delivery.catalog.vocabulary import ImageKind
    from edye_delivery.clients.workers import Workers
    from edye_delivery.command_line.check_report import CheckReport
    from edye_delivery.pipeline.file_check import Checker, check_all
    from edye_delivery.pipeline.file_inputs import Input, Unusable, input_of

    inputs: list[Input] = []
    unusable: list[tuple[str, str]] = []
    for path in dict.fromkeys([*paths, *([metadata] if metadata else [])]):
        try:
            inputs.append(input_of(path))
        except Unusable as error:
            unusable.append((path, str(error)))
    items = tuple(one for one in inputs if one.item is not None)
    with tempfile.TemporaryDirectory(prefix="edye-check-") as scratch, Workers(annex.images) as workers:
        today = datetime.now(UTC).date()
        image_kind = ImageKind(kind) if kind else None
        checker = Checker(annex, today, Path(scratch), workers.run, image_kind, items)
        described = next((one for one in items if metadata is not None and one.path == Path(metadata)), None)
        if described is not None:
            try:
                checker = replace(checker, described=checker.plan_of_title(described))
            except Unusable as error:
                return CheckReport(annex.partner, (), (*unusable, (described.name, str(error))))
        files, not_checked = check_all(checker, inputs)
    return CheckReport(annex.partner, tuple(files), (*unusable, *not_checked))


def _explain(name: str) -> None:
    import edye_delivery.qc.check
    import edye_delivery.qc.exposure.all_rules
    import edye_delivery.qc.sync.all_rules  # noqa: F401 (with these every rule is in its registry)
    from edye_delivery.command_line.printing import print_explanation
    from edye_delivery.qc.exposure.rule import RULES as EXPOSURE_RULES
    from edye_delivery.qc.rule import RULES
    from edye_delivery.qc.sync.rule import RULES as SYNC_RULES

    print_explanation(name, "check", RULES, SYNC_RULES, EXPOSURE_RULES)


def _annex_named(name: str) -> Annex:
    import os
    from difflib import get_close_matches

    from edye_delivery.annex.load import DEFAULT_FOLDER, FOLDER_VARIABLE, read_annexes
    from edye_delivery.catalog.printable import printable

    folder = read_annexes(Path(os.environ.get(FOLDER_VARIABLE, DEFAULT_FOLDER)))
    found = folder.annexes.get(name)
    if found is not None:
        return found
    if f"{name}.yaml" in folder.refused:
        _tell([f"the annex {name} cannot be used: {folder.refused[f'{name}.yaml'][0]}"])
    else:
        close = get_close_matches(name, folder.annexes, n=3) or sorted(folder.annexes)[:5]
        _tell([f"there is no annex {printable(name, 80)!r}; there are {', '.join(close) or 'none'}"])
    raise typer.Exit(UNUSABLE)


def _tell(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        print(f"check: {sentence}", file=sys.stderr)
