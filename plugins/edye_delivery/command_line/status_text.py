"""The text of `status`: counts, the titles with what to do, worst first, or one title with its history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from edye_delivery.catalog.next_steps import next_step
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.vocabulary import Cause, DeliveryState
from edye_delivery.catalog.wording import Line, count_of
from edye_delivery.command_line.table import align, moment_text
from edye_delivery.ledger.status_records import ErrorsInARow, Event, Selection, Status
from edye_delivery.ledger.title_counts import ENDED_WELL, NEEDS_A_PERSON, Count

TITLE_MAX_CHARS, ID_MAX_CHARS, SENTENCE_MAX_CHARS = 28, 200, 1000
NOTHING = "-"
HEADINGS = ("external_id", "title", "state", "cause", "owner", "since", "attempts", "tracking id")
EVENT_HEADINGS = ("when", "what", "state", "delivery", "sentence")
KEY_CHARS = 8
Group = tuple[DeliveryState, Cause | None, bool, bool, bool, bool]
"""Titles with the same next step: state, cause, whether nobody waits, the original was refused, the partner pulls, and
whether it waits for the partner.
"""


def overview(
    address: str, selection: Selection, counts: Sequence[Count], titles: Sequence[Status], *, every: bool
) -> Iterator[Line]:
    """The counts of every partner, then the titles by what to do, then the conclusion."""
    yield [(f"ledger {printable(address, ID_MAX_CHARS)}", "dim")]
    for partner, of_partner in groupby(counts, lambda count: count.partner):
        yield from _partner(partner, selection, list(of_partner))
    yield from _table(counts, titles)
    listed = sum(count.titles for count in counts if every or count.state not in ENDED_WELL)
    if listed > len(titles):
        yield []
        yield [(f"and {count_of(listed - len(titles), 'more title')} (--show all)", "dim")]
    yield []
    yield _conclusion(counts, selection)


def whole_title(
    one: Status, errors: Iterable[ErrorsInARow], events: Iterable[Event], *, is_first: bool
) -> Iterator[Line]:
    """Everything that is known about a title: its state, what is accepted, its history, what to do next."""
    if not is_first:
        yield []
    lang = f", {printable(one.lang)}" if one.lang else ""
    name = f"{printable(one.title)} ({printable(one.kind)}{lang})"
    yield [(printable(one.external_id), "bold"), (f" at {printable(one.partner)}: {name}", "")]
    facts = list(_facts(one, errors))
    width = max(len(label) for label, _ in facts)
    for label, text in facts:
        style = _colour(one.state) if label == "state" else ""
        yield [(f"  {label.ljust(width)}  ", "dim"), (text, style)]
    yield []
    rows = [
        (moment_text(event.at, "seconds"), event.action, event.state, event.delivery_key[:KEY_CHARS], event.detail)
        for event in events
    ]
    yield from align(EVENT_HEADINGS, [tuple(printable(text, SENTENCE_MAX_CHARS) for text in row) for row in rows])
    yield []
    yield _next(one.next_step)


def _partner(partner: str, selection: Selection, counts: list[Count]) -> Iterator[Line]:
    span = selection.window.as_json() if selection.window else None
    when = f" changed in [{span['start']}, {span['end']})" if span else ""
    number_text = count_of(sum(count.titles for count in counts), "title")
    yield [(printable(partner), "bold"), (f": {number_text}{when}", "")]
    for state, group in groupby(counts, lambda count: count.state):
        of_state = list(group)
        causes = ", ".join(
            f"{count.titles:,} {count.cause} ({printable(count.owner or 'nobody')})"
            for count in of_state
            if count.cause
        )
        unattended = sum(count.titles for count in of_state if count.nobody_waits)
        if unattended:
            causes = f"nobody waits for {unattended:,} of them"
        number = f"{sum(count.titles for count in of_state):,}"
        yield [(f"  {state:<11}", _colour(state)), (f"{number:>9}  {causes}".rstrip(), "")]


def _table(counts: Sequence[Count], titles: Sequence[Status]) -> Iterator[Line]:
    """The titles by state and cause, each group under what to do with it."""
    sizes: Counter[Group] = Counter()
    for count in counts:
        sizes[_group(count)] += count.titles
    with_partner = len({count.partner for count in counts}) > 1
    headings = ("partner", *HEADINGS) if with_partner else HEADINGS
    rows = [_row(one)[0 if with_partner else 1 :] for one in titles]
    lines = list(align(headings, rows))
    at = 1
    for key, grouped in groupby(titles, _group):
        group = list(grouped)
        state, cause, nobody_waits, is_original_refused, is_pulled, waits_for_partner = key
        heading = f"{state}, {cause}" if cause else str(state)
        heading += ", nobody waits for it" if nobody_waits else ", waits for the partner" if waits_for_partner else ""
        yield []
        heading += ", not encoded by us yet" if is_original_refused and not is_pulled else ""
        heading += ", read by the partner itself" if is_pulled else ""
        number = count_of(sizes[key], "title")
        yield [(heading, f"bold {'red' if nobody_waits else _colour(state)}".strip()), (f": {number}", "")]
        step = next_step(
            state,
            cause,
            is_pulled=is_pulled or all(one.is_pulled for one in group),
            nobody_waits=nobody_waits,
            is_original_refused=is_original_refused,
            waits_for_partner=waits_for_partner,
        )
        yield _next(step)
        if at == 1:
            yield lines[0]
        until = at + len(group)
        yield from lines[at:until]
        at = until


def _group(one: Count | Status) -> Group:
    is_pulled = one.is_pulled and one.state not in ENDED_WELL  # of those that ended well it is not counted
    return one.state, one.cause, one.nobody_waits, one.is_original_refused, is_pulled, one.waits_for_partner


def _row(one: Status) -> tuple[str, ...]:
    return (
        printable(one.partner),
        printable(one.external_id),
        printable(one.title, TITLE_MAX_CHARS) or NOTHING,
        one.state,
        one.cause or NOTHING,
        printable(one.owner or NOTHING),
        moment_text(one.since, "minutes"),
        str(one.attempts),
        printable(one.tracking_id or NOTHING),
    )


def _facts(one: Status, errors: Iterable[ErrorsInARow]) -> Iterator[tuple[str, str]]:
    owner = f", for {printable(one.owner)}" if one.owner else ""
    cause = f", {one.cause}" if one.cause else ""
    owner = ", for the partner" if one.waits_for_partner else owner
    yield "state", f"{one.state}{cause}{owner}, since {moment_text(one.since, 'seconds')}"
    if one.detail:
        yield "why", printable(one.detail, SENTENCE_MAX_CHARS)
    if one.rules:
        yield "rules", f"{printable(', '.join(one.rules))}: docs/QC_RULES.md says why and how to correct it"
    yield "attempts", f"{one.attempts}{f' over {printable(one.channel)}' if one.channel else ''}"
    yield "tracking id", printable(one.tracking_id or NOTHING)
    yield "delivery", f"{one.delivery_key[:KEY_CHARS]}, planned {moment_text(one.planned_at, 'seconds')}"
    yield "last run", printable(one.run_id, 250)
    yield "EDYE id", printable(one.edye_id)
    yield "accepted", _acceptance_text(one)
    for row in errors:
        alerted = f", alert raised {moment_text(row.alerted_at, 'seconds')}" if row.alerted_at else ""
        since = f" since {moment_text(row.first_error_at, 'seconds')}" if row.first_error_at else ""
        yield "errors in a row", f"{row.errors:,} of client {printable(row.client_id)}{since}{alerted}"


def _acceptance_text(one: Status) -> str:
    if one.accepted_key is None or one.accepted_at is None:
        return "nothing of it so far"
    which = "this delivery" if one.accepted_key == one.delivery_key else f"delivery {one.accepted_key[:KEY_CHARS]}"
    withdrawn = f", withdrawn {moment_text(one.withdrawn_at, 'seconds')}" if one.withdrawn_at else ""
    return f"{which}, {moment_text(one.accepted_at, 'seconds')}{withdrawn}"


def _next(step: str) -> Line:
    return [("Next: ", "bold"), (step, "")]


def _conclusion(counts: Sequence[Count], selection: Selection) -> Line:
    owners: Counter[str] = Counter()
    for count in counts:
        if count.person is not None:
            owners[count.person] += count.titles
    number = owners.total()
    if not counts:
        return [("no title changed in the window" if selection.window else "the ledger has no title", "bold")]
    if not number:
        return [("no title needs a person", "bold green")]
    by_owner = ", ".join(f"{printable(owner)} {titles:,}" for owner, titles in sorted(owners.items()))
    needs = f"{count_of(number, 'title')} {'needs' if number == 1 else 'need'} a person: {by_owner}"
    return [(needs, "bold red"), (". One title with its history: status --external-id ID", "")]


def _colour(state: DeliveryState) -> str:
    if state in NEEDS_A_PERSON:
        return "red" if state is DeliveryState.FAILED else "yellow"
    return "green" if state in ENDED_WELL else ""
