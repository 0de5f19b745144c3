"""What the HTML page shows, decided before any markup: rows in reading order, groups of work, pictures as data URIs."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from markupsafe import Markup

from edye_delivery.catalog.vocabulary import Cause, Owner
from edye_delivery.reports.feed_page import FeedCard, cards_of
from edye_delivery.reports.model import OUTCOMES, TitleReport, WindowReport
from edye_delivery.reports.wording import human_bytes, human_seconds, seconds_between

ROWS_WITH_PICTURES_MAX = 400
PICTURE_MAX_BYTES = 100_000
PICTURES_OF_A_ROW = 2
PICTURE_TYPES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
READING_ORDER = ("failed", "rejected", "planned", "waiting", "withdrawn", "accepted", "unchanged")
Key = TypeVar("Key")
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True, slots=True)
class Picture:
    """A thumbnail inside the page; foreign content stands in `uri` only as base64."""

    name: str
    uri: Markup
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Row:
    """One title in the table; `number` makes its anchor."""

    number: int
    title: TitleReport
    pictures: tuple[Picture, ...]

    @property
    def language_tag(self) -> str:
        """The title's language if HTML has a tag for it, else empty."""
        lang = self.title.lang or ""
        return lang if LANGUAGE_TAG.fullmatch(lang) else ""

    @property
    def initial(self) -> str:
        """The first letter or digit of the title, shown in place of a missing picture."""
        return next((character.upper() for character in self.title.title if character.isalnum()), "?")


@dataclass(frozen=True, slots=True)
class StepGroup:
    """Titles with the same next step."""

    next_step: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """Titles that wait for the same owner for the same reason, grouped by next step."""

    cause: Cause | None
    steps: tuple[StepGroup, ...]
    titles: int


@dataclass(frozen=True, slots=True)
class OwnerGroup:
    """Titles that wait for one owner, the most frequent cause first."""

    owner: Owner | None
    causes: tuple[CauseGroup, ...]
    titles: int


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the template prints."""

    report: WindowReport
    rows: tuple[Row, ...]
    owners: tuple[OwnerGroup, ...]
    outcomes: tuple[tuple[str, int], ...]
    bytes_sent: str
    duration: str
    feeds: tuple[FeedCard, ...]


def art_names_to_show(report: WindowReport) -> tuple[str, ...]:
    """The art names of the small pictures that the page of this report can show, each once."""
    rows = (title for title in _in_reading_order(report) if _may_have_pictures(report, title))
    first = (title.thumbnails[:PICTURES_OF_A_ROW] for title in islice(rows, ROWS_WITH_PICTURES_MAX))
    return tuple(dict.fromkeys(thumbnail.art_name for thumbnails in first for thumbnail in thumbnails))


def page_of(report: WindowReport, pictures: Mapping[str, bytes]) -> Page:
    """The page of a report; at most 400 rows have pictures, in a larger window only rows that need somebody."""
    rows: list[Row] = []
    rows_with_pictures = 0
    for number, title in enumerate(_in_reading_order(report), start=1):
        has_pictures = rows_with_pictures < ROWS_WITH_PICTURES_MAX and _may_have_pictures(report, title)
        rows_with_pictures += has_pictures
        rows.append(Row(number, title, pictures_of(title, pictures) if has_pictures else ()))
    counts = report.totals.model_dump()
    return Page(
        report=report,
        rows=tuple(rows),
        owners=_owners(row for row in rows if row.title.needs_work),
        outcomes=tuple((name, counts[name]) for name in OUTCOMES if counts[name]),
        bytes_sent=human_bytes(sum(title.bytes_sent for title in report.titles if title.sent)),
        duration=human_seconds(seconds_between(report.started_at, report.finished_at)),
        feeds=cards_of(report.feeds),
    )


def pictures_of(title: TitleReport, pictures: Mapping[str, bytes]) -> tuple[Picture, ...]:
    """The title's first two thumbnails, if the caller gave them, they are small enough, and really JPEG or PNG."""
    shown: list[Picture] = []
    for thumbnail in title.thumbnails[:PICTURES_OF_A_ROW]:
        content = pictures.get(thumbnail.art_name, b"")
        kind = next((kind for start, kind in PICTURE_TYPES.items() if content.startswith(start)), None)
        if kind is None or len(content) > PICTURE_MAX_BYTES:
            continue
        uri = Markup("data:{};base64,{}").format(kind, base64.b64encode(content).decode("ascii"))
        shown.append(Picture(thumbnail.name, uri, thumbnail.width_px, thumbnail.height_px))
    return tuple(shown)


def _in_reading_order(report: WindowReport) -> list[TitleReport]:
    return sorted(report.titles, key=lambda title: READING_ORDER.index(title.outcome))


def _may_have_pictures(report: WindowReport, title: TitleReport) -> bool:
    return bool(title.thumbnails) and (len(report.titles) <= ROWS_WITH_PICTURES_MAX or title.needs_work)


def _owners(rows: Iterable[Row]) -> tuple[OwnerGroup, ...]:
    return tuple(
        OwnerGroup(owner, _causes(waiting), len(waiting))
        for owner, waiting in _biggest_first(rows, lambda row: row.title.owner)
    )


def _causes(rows: Iterable[Row]) -> tuple[CauseGroup, ...]:
    return tuple(
        CauseGroup(cause, _steps(waiting), len(waiting))
        for cause, waiting in _biggest_first(rows, lambda row: row.title.cause)
    )


def _steps(rows: Iterable[Row]) -> tuple[StepGroup, ...]:
    groups = _biggest_first(rows, lambda row: row.title.next_step)
    return tuple(StepGroup(step, tuple(waiting)) for step, waiting in groups)


def _biggest_first(rows: Iterable[Row], key: Callable[[Row], Key]) -> list[tuple[Key, list[Row]]]:
    groups: dict[Key, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return sorted(groups.items(), key=lambda item: (-len(item[1]), str(item[0])))
