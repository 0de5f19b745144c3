"""The request of a run: its params, checked, and its window (style, DAG files)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from croniter import croniter

from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.vocabulary import Channel, Mode
from edye_delivery.catalog.window import Window, parse_moment
from edye_delivery.errors import InvalidRequest

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EXTERNAL_IDS_MAX, EXTERNAL_ID_MAX_CHARS = 5000, 200
WHY_NOT_API = (
    "why this delivery does not go through the API, such as 'the API answers 503 since yesterday, agreed with the "
    "partner'"
)
REASON_MIN_CHARS, REASON_MAX_CHARS, REASON_MIN_WORDS = 15, 500, 3


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What Airflow knows about a run: its id, its data interval (None by hand), when it is due, the params given."""

    run_id: str
    interval_start_at: datetime | None
    interval_end_at: datetime | None
    run_after: datetime
    given_keys: tuple[str, ...]


def request_of(
    partner: str,
    schedule: str | None,
    params: Mapping[str, Any],
    facts: RunFacts,
    channel: Channel = Channel.API,
) -> RunRequest:
    """The checked request; InvalidRequest says in one sentence which param is wrong and what it takes."""
    known = KNOWN_KEYS | ({"reason"} if channel is Channel.FTP else set())
    refuse_unknown(facts.given_keys, known)
    return RunRequest(
        partner=partner,
        run_id=facts.run_id,
        **titles_and_window(schedule, params, facts),
        mode=_mode(params.get("mode", Mode.CHANGED)),
        dry_run=flag_of(params, "dry_run"),
        force_resend=flag_of(params, "force_resend"),
        full_feeds=flag_of(params, "full_feeds"),
        channel=channel,
        reason=reason_of(params.get("reason"), WHY_NOT_API) if channel is Channel.FTP else "",
    )


def titles_and_window(schedule: str | None, params: Mapping[str, Any], facts: RunFacts) -> dict[str, Any]:
    """Which titles are meant, as fields of a RunRequest; without a window, named titles are looked up everywhere."""
    external_ids = external_ids_of(params.get("external_ids"))
    given = (params.get("window_start"), params.get("window_end"))
    whole_catalogue = bool(external_ids) and not any(given) and facts.interval_start_at is None
    window = Window(EPOCH, facts.run_after) if whole_catalogue else window_of(schedule, given, facts)
    return {
        "start_at": window.start_at,
        "end_at": window.end_at,
        "external_ids": external_ids,
        "whole_catalogue": whole_catalogue,
    }


def window_of(schedule: str | None, given: tuple[Any, Any], facts: RunFacts) -> Window:
    """The window: as given, else the run's data interval, else the schedule's last whole interval before the run."""
    start, end = given
    if bool(start) != bool(end):
        raise InvalidRequest("window_start and window_end belong together: give both, or neither")
    if start and end:
        return Window(parse_moment(str(start), "window_start"), parse_moment(str(end), "window_end"))
    if facts.interval_start_at and facts.interval_end_at and facts.interval_start_at < facts.interval_end_at:
        return Window(facts.interval_start_at, facts.interval_end_at)
    if schedule is None:
        raise InvalidRequest("this partner has no schedule: give window_start and window_end")
    return last_interval(schedule, facts.run_after)


def last_interval(schedule: str, before: datetime) -> Window:
    """The last whole interval of a cron schedule (UTC) that ends at or before the moment."""
    after = before.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
    times = croniter(schedule, after, ret_type=datetime)
    end_at, start_at = times.get_prev(), times.get_prev()
    return Window(start_at, end_at)


def refuse_unknown(given_keys: Iterable[str], known: Set[str]) -> None:
    """InvalidRequest where a key was given that the DAG does not know."""
    unknown = sorted(set(given_keys) - known)
    if unknown:
        named = ", ".join(repr(key)[:60] for key in unknown)
        raise InvalidRequest(f"this DAG has no param {named}; it takes {', '.join(sorted(known))}")


def reason_of(value: Any, what: str) -> str:
    """The reason as a sentence on one line; the error says with `what` what the sentence has to be about."""
    one_line = " ".join(value.split()) if isinstance(value, str) else ""
    plain = printable(one_line, REASON_MAX_CHARS + 1)
    if not REASON_MIN_CHARS <= len(plain) <= REASON_MAX_CHARS or len(plain.split()) < REASON_MIN_WORDS:
        raise InvalidRequest(
            f"reason is a sentence that says {what}; it has {REASON_MIN_CHARS} to {REASON_MAX_CHARS} characters"
        )
    return plain


def external_ids_of(value: Any) -> tuple[str, ...]:
    """The param external_ids: texts without repetition, none where it is empty; InvalidRequest for anything else."""
    if value in (None, "", []):
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise InvalidRequest("external_ids is a list of texts, such as [EDYE_PLANETA_S01E03_ES]")
    if any(len(item) > EXTERNAL_ID_MAX_CHARS for item in value):
        raise InvalidRequest(
            f"external_ids has a text of more than {EXTERNAL_ID_MAX_CHARS} characters: give one id a line"
        )
    if len(value) > EXTERNAL_IDS_MAX:
        raise InvalidRequest(
            f"external_ids names {len(value)} titles, at most {EXTERNAL_IDS_MAX}: give a window instead"
        )
    return tuple(dict.fromkeys(item.strip() for item in value))


def _mode(value: Any) -> Mode:
    try:
        return Mode(value.strip() if isinstance(value, str) else value)
    except ValueError as error:
        raise InvalidRequest(f"mode is {value!r:.40}; it is one of {', '.join(Mode)}") from error


def flag_of(params: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    """A param that is true or false."""
    value = params.get(name, default)
    if not isinstance(value, bool):
        raise InvalidRequest(f"{name} is {value!r:.40}; it is true or false")
    return value


KNOWN_KEYS = frozenset({"window_start", "window_end", "external_ids", "mode", "dry_run", "force_resend", "full_feeds"})
