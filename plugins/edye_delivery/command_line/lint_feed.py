"""`lint-feed`: says what Roku would refuse or change in a feed, before Roku does."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Annotated, TypeVar

import typer

from edye_delivery.command_line.chains import Chains
from edye_delivery.command_line.inputs import Input
from edye_delivery.command_line.network import Limits, Network
from edye_delivery.command_line.printing import print_explanation, print_lines, print_pieces
from edye_delivery.command_line.progress import show_progress
from edye_delivery.command_line.reading import LintOptions, Reading
from edye_delivery.feeds import all_rules  # noqa: F401 (with it every rule is in the registry)
from edye_delivery.feeds.finding import KEPT_MAX
from edye_delivery.feeds.lint.images.places import URLS_MAX
from edye_delivery.feeds.lint.linter import FeedKind, default_profile
from edye_delivery.feeds.lint.output.json import as_json
from edye_delivery.feeds.lint.output.partner import as_partner_report
from edye_delivery.feeds.lint.output.sarif import as_sarif
from edye_delivery.feeds.lint.output.text import as_text
from edye_delivery.feeds.lint.report import Format, LintReport
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.rule import RULES

SHOWN_MAX = 3
Choice = TypeVar("Choice", bound=StrEnum)
ALL = "all"
MACHINE_FORMATS: dict[Format, Callable[[LintReport], Iterator[str]]] = {
    Format.JSON: as_json,
    Format.SARIF: as_sarif,
    Format.ROKU: as_partner_report,
}


class Kind(StrEnum):
    """The kind of feed of the inputs; `auto` recognises it by the root of the JSON."""

    AUTO = "auto"
    SEARCH = "search"
    LIVE = "live"
    DIRECT = "direct"


def _choices(choices: type[StrEnum]) -> str:
    return f"[{'|'.join(choices)}]"


def lint_feed(
    paths: Annotated[list[str] | None, typer.Argument(metavar="PATH|URL...", help="Feeds; - is stdin.")] = None,
    kind: Annotated[
        str, typer.Option(metavar=_choices(Kind), help="The kind of feed; auto recognises it by the root of the JSON.")
    ] = Kind.AUTO,
    profile: Annotated[
        str | None,
        typer.Option(
            metavar=_choices(Profile),
            help="schema: as published. roku: also what Roku's own samples do; the default of --kind live.",
        ),
    ] = None,
    output_format: Annotated[
        str, typer.Option("--format", metavar=_choices(Format), help="roku is the form of Roku's own report.")
    ] = Format.TEXT,
    follow: Annotated[bool, typer.Option("--follow", help="Read the pages that nextPageUrl names.")] = False,
    check_urls: Annotated[
        bool, typer.Option("--check-urls", help="Download and look at every image and trickplay file.")
    ] = False,
    max_urls: Annotated[int, typer.Option(min=1, help="How many images of a feed --check-urls downloads.")] = URLS_MAX,
    private_hosts: Annotated[
        bool, typer.Option("--private-hosts", help="Also follow links to private addresses, such as localhost.")
    ] = False,
    show: Annotated[str, typer.Option(metavar="all|N", help="Findings for each rule in the text.")] = str(SHOWN_MAX),
    explain: Annotated[str | None, typer.Option(metavar="CODE", help="Say what a rule means, and stop.")] = None,
) -> None:
    """Says what is wrong with Search, live and Direct Publisher feeds, by Roku's schemas, documents and practice.

    Exit code: 0 no errors, 1 errors, 2 an input that is no feed (one sentence each on stderr) or a wrong option.

    Inputs that the nextPageUrl of another input names are pages of one feed; any other input is a feed of its own.
    """
    if explain is not None:
        print_explanation(explain, "lint-feed", RULES)
        return
    if not paths:
        raise typer.BadParameter("name at least one file or URL, or - for standard input", param_hint="PATH|URL")
    shown_max = _parse_show(show)
    feed_kind, form = _one_of(Kind, kind, "--kind"), _one_of(Format, output_format, "--format")
    asked = None if feed_kind is Kind.AUTO else FeedKind(feed_kind)
    is_text = form is Format.TEXT
    wishes = LintOptions(
        profile=default_profile(asked) if profile is None else _one_of(Profile, profile, "--profile"),
        now_ms=int(time.time() * 1000),
        kind=asked,
        follow=follow,
        max_urls=max_urls if check_urls else None,
        kept_max=shown_max if is_text and shown_max is not None else KEPT_MAX,
    )
    report = lint_inputs(paths, wishes, private_hosts=private_hosts)
    if is_text:
        print_lines(as_text(report, shown_max))
    else:
        print_pieces(MACHINE_FORMATS[form](report))
    _tell(one.sentence for one in report.unusable)
    raise typer.Exit(report.exit_code)


def lint_inputs(
    paths: Iterable[str], wishes: LintOptions, *, private_hosts: bool = False, limits: Limits | None = None
) -> LintReport:
    """The report on these inputs."""
    with Network(private_allowed=private_hosts, limits=limits) as network, show_progress() as watch:
        chains = Chains([Input(path, network) for path in paths])
        return Reading(wishes, chains, network, watch).report()


def _one_of(choices: type[Choice], value: str, option: str) -> Choice:
    try:
        return choices(value)
    except ValueError:
        names = ", ".join(choices)
        raise typer.BadParameter(f"{value!r} is none of {names}", param_hint=option) from None


def _parse_show(show: str) -> int | None:
    if show == ALL:
        return None
    if not (show.isascii() and show.isdigit()):
        raise typer.BadParameter(f"{show!r} is neither {ALL} nor a number", param_hint="--show")
    return int(show)


def _tell(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        print(f"lint-feed: {sentence}", file=sys.stderr)
