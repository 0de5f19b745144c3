"""`lint-feed`: says what Roku would refuse or change of a feed, before Roku does."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from enum import StrEnum
from operator import ne
from typing import Annotated

import typer

from edye_delivery.catalog.printable import printable
from edye_delivery.command_line.chains import Chains
from edye_delivery.command_line.inputs import Input
from edye_delivery.command_line.network import Limits, Network
from edye_delivery.command_line.printing import print_lines, print_pieces
from edye_delivery.command_line.progress import watched
from edye_delivery.command_line.reading import Reading, Wishes
from edye_delivery.feeds.all_rules import all_names, rules_named
from edye_delivery.feeds.finding import KEPT_MAX
from edye_delivery.feeds.format_json import as_json
from edye_delivery.feeds.format_partner import as_partner_report
from edye_delivery.feeds.format_sarif import as_sarif
from edye_delivery.feeds.format_text import Line, as_text, explained_rule
from edye_delivery.feeds.lint import FeedKind
from edye_delivery.feeds.lint_report import UNUSABLE, Format, LintReport
from edye_delivery.feeds.picture_places import URLS_MAX
from edye_delivery.feeds.schemas import Profile

SHOWN_MAX = 3
ALL = "all"
MACHINE_FORMATS: dict[Format, Callable[[LintReport], Iterator[str]]] = {
    Format.JSON: as_json,
    Format.SARIF: as_sarif,
    Format.ROKU: as_partner_report,
}


class Kind(StrEnum):
    """Which feed the inputs are; `auto` looks at their root."""

    AUTO = "auto"
    SEARCH = "search"
    LIVE = "live"
    DIRECT = "direct"


def lint_feed(
    paths: Annotated[list[str] | None, typer.Argument(metavar="PATH|URL...", help="Feeds; - is stdin.")] = None,
    kind: Annotated[Kind, typer.Option(help="Which feed it is; auto looks at the root.")] = Kind.AUTO,
    profile: Annotated[
        Profile, typer.Option(help="schema: as published. roku: also what Roku's own samples do.")
    ] = Profile.SCHEMA,
    output_format: Annotated[
        Format, typer.Option("--format", help="roku is the form of Roku's own report.")
    ] = Format.TEXT,
    follow: Annotated[bool, typer.Option("--follow", help="Read the pages that nextPageUrl leads to.")] = False,
    check_urls: Annotated[bool, typer.Option("--check-urls", help="Download and measure every image.")] = False,
    max_urls: Annotated[int, typer.Option(min=1, help="How many images of a feed --check-urls takes.")] = URLS_MAX,
    private_hosts: Annotated[
        bool, typer.Option("--private-hosts", help="Also follow links to private addresses, such as localhost.")
    ] = False,
    show: Annotated[str, typer.Option(metavar="all|N", help="Findings a rule in the text output.")] = str(SHOWN_MAX),
    explain: Annotated[str | None, typer.Option(metavar="CODE", help="Say what a rule means, and stop.")] = None,
) -> None:
    """Says what is wrong with Search, live and Direct Publisher feeds, by schema, prose and practice.

    Exit code: 0 no errors, 1 errors, 2 an input that is no feed (one sentence each on stderr) or a wrong option.

    Inputs that the nextPageUrl of another input names are pages of one feed; any other input is a feed of its own.
    """
    if explain is not None:
        _explain(explain)
        return
    if not paths:
        raise typer.BadParameter("name at least one file or URL, or - for standard input", param_hint="PATH|URL")
    shown_max = _shown_max(show)
    is_text = output_format is Format.TEXT
    wishes = Wishes(
        profile=profile,
        now_ms=int(time.time() * 1000),
        kind=None if kind is Kind.AUTO else FeedKind(kind),
        follow=follow,
        max_urls=max_urls if check_urls else None,
        kept_max=shown_max if is_text and shown_max is not None else KEPT_MAX,
    )
    report = read(paths, wishes, private_hosts=private_hosts)
    if is_text:
        print_lines(as_text(report, shown_max))
    else:
        print_pieces(MACHINE_FORMATS[output_format](report))
    _tell(one.sentence for one in report.unusable)
    raise typer.Exit(report.exit_code)


def read(
    paths: Iterable[str], wishes: Wishes, *, private_hosts: bool = False, limits: Limits | None = None
) -> LintReport:
    """The report on these inputs."""
    with Network(private_allowed=private_hosts, limits=limits) as network, watched() as watch:
        chains = Chains([Input(path, network) for path in paths])
        return Reading(wishes, chains, network, watch).report()


def _shown_max(show: str) -> int | None:
    if show == ALL:
        return None
    if not (show.isascii() and show.isdigit()):
        raise typer.BadParameter(f"{show!r} is neither {ALL} nor a number", param_hint="--show")
    return int(show)


def _explain(name: str) -> None:
    rules = rules_named(name)
    if not rules:
        close = _close_names(name.strip().lower())
        hint = f"; close to it are {', '.join(close)}" if close else ""
        _tell([f"there is no rule {printable(name, 60)!r}{hint}"])
        raise typer.Exit(UNUSABLE)

    def lines() -> Iterator[Line]:
        for number, rule in enumerate(rules):
            if number:
                yield []
            yield from explained_rule(rule)

    print_lines(lines())


def _close_names(wanted: str) -> list[str]:
    """Names that somebody may have meant: first those of the same length with the fewest other letters."""
    names = {known.lower(): known for known in all_names()}
    found = get_close_matches(wanted, names, n=50, cutoff=0.6)
    found.sort(key=lambda one: sum(map(ne, one, wanted)) if len(one) == len(wanted) else len(wanted))
    return [names[one] for one in found[:4]]


def _tell(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        print(f"lint-feed: {sentence}", file=sys.stderr)
