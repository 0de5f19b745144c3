"""The desk's pages that are measured, each with the plain SQL that anybody would write first for its rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from benchmarks.desk_calls import DAYS
from benchmarks.desk_calls import PARTNER as READER
from benchmarks.desk_data import BEGIN, NOW
from edye_delivery.desk.navigation import PREFIX
from edye_delivery.ledger.page_cursor import Cursor

PARTNER = "benchmark_one"
"""The partner that has every title."""
JOINED = "FROM title_status s JOIN deliveries d ON d.delivery_key = s.delivery_key"
PLAIN_COLUMNS = "SELECT s.*, d.title, d.detail, d.rules, d.attempts, d.tracking_id"
ROWS_A_PAGE = 100
YEAR = timedelta(days=365)
FREQUENT = "la de"


@dataclass(frozen=True, slots=True)
class Page:
    """A page's address below the desk; `plain` is SQL for the same rows, with its values; empty without one."""

    name: str
    path: str
    query: dict[str, str]
    plain: str = ""
    values: dict[str, Any] | None = None

    @property
    def address(self) -> str:
        """The path of the address, without its query."""
        return f"{PREFIX}{self.path}"


def pages_of(connection: Connection, titles: int, now: datetime) -> list[Page]:
    """The pages, asked for one title in the middle and words of its name."""
    middle = connection.execute(
        text(
            f"SELECT s.external_id, s.edye_id, d.title, d.tracking_id {JOINED} WHERE s.edye_id = :id AND s.partner = :p"
        ),
        {"id": f"title-{titles // 2:07}", "p": PARTNER},
    ).one()
    return [
        Page(
            "today",
            "/",
            {},
            f"SELECT s.partner, s.state, s.cause, s.owner, count(*), min(s.since) {JOINED} GROUP BY 1, 2, 3, 4",
        ),
        Page(
            "title",
            f"/titles/{PARTNER}/{middle.external_id}",
            {},
            "SELECT * FROM events WHERE external_id = :name ORDER BY id DESC LIMIT 50",
            {"name": middle.external_id},
        ),
        *_searches(middle),
        *_distributions(connection, titles),
        Page("windows", "/windows", {}),
        Page("feeds", "/feeds", {}),
        Page("actions", "/actions", {"action": "redeliver", "partner": PARTNER, "external_id": middle.external_id}),
        *_logs(now),
    ]


def _searches(middle: Any) -> list[Page]:
    word = middle.title.split()[1]
    return [
        _search("search_word", word, [word]),
        _search("search_frequent_word", "de", ["de"]),
        _search("search_two_frequent_words", FREQUENT, FREQUENT.split()),
        _search("search_two_words", f"{word} de", [word, "de"]),
        _search("search_id", middle.external_id[:11], [], middle.external_id[:11]),
        _search("search_tracking_id", middle.tracking_id, [], middle.tracking_id),
    ]


def _search(name: str, query: str, words: list[str], beginning: str = "") -> Page:
    """LIKE, as far as it goes: it takes accents for other letters, which the page does not."""
    likes = [f"lower(d.title) LIKE :word{number}" for number, _ in enumerate(words)]
    values = {f"word{number}": f"%{word.lower()}%" for number, word in enumerate(words)}
    if beginning:
        likes = ["(s.external_id LIKE :beginning OR d.tracking_id LIKE :beginning)"]
        values = {"beginning": f"{beginning}%"}
    plain = f"{PLAIN_COLUMNS} {JOINED} WHERE {' AND '.join(likes)} ORDER BY d.title LIMIT 50"
    return Page(name, "/titles", {"q": query}, plain, values)


def _distributions(connection: Connection, titles: int) -> list[Page]:
    place = connection.execute(
        text(
            "SELECT since, folded_title, external_id FROM title_status WHERE edye_id = :id AND partner = :partner"
        ).columns(),
        {"id": f"title-{titles // 2:07}", "partner": PARTNER},
    ).one()
    since = place.since if isinstance(place.since, datetime) else datetime.fromisoformat(place.since)
    since = since if since.tzinfo else since.replace(tzinfo=UTC)
    deep = Cursor("distribution since down", (since, place.external_id, PARTNER)).text()
    deep_title = Cursor("distribution title up", (bytes(place.folded_title), place.external_id, PARTNER)).text()
    year = {"window_start": f"{BEGIN:%Y-%m-%d}", "window_end": f"{BEGIN + YEAR:%Y-%m-%d}"}
    of_year = "s.state = 'accepted' AND s.since >= :window_start AND s.since < :window_end"
    is_late = "s.state NOT IN ('accepted', 'withdrawn', 'failed', 'rejected') AND d.waited_until < :now"
    return [
        _distribution("distribution", {}),
        _distribution("distribution_deep", {"cursor": deep}, offset=titles),
        _distribution("distribution_failed", {"state": "failed"}, "s.state = 'failed'"),
        _distribution("distribution_cause", {"cause": "images"}, "s.cause = 'images'"),
        _distribution(
            "distribution_special_pt", {"kind": "special", "lang": "pt"}, "s.kind = 'special' AND s.lang = 'pt'"
        ),
        _distribution("distribution_by_title", {"sort": "title"}, order="s.folded_title"),
        _distribution(
            "distribution_by_title_deep", {"sort": "title", "cursor": deep_title}, order="s.folded_title", offset=titles
        ),
        _distribution("distribution_by_id", {"sort": "external_id"}, order="s.external_id"),
        _distribution("distribution_by_state", {"sort": "state"}, order="s.state"),
        _distribution(
            "distribution_accepted_in_a_year_by_title",
            {"state": "accepted", "sort": "title", **year},
            of_year,
            "s.folded_title",
            values=year,
        ),
        _distribution(
            "distribution_nobody_waits", {"waits": "nobody"}, is_late, values={"now": f"{NOW:%Y-%m-%d %H:%M:%S}"}
        ),
    ]


def _distribution(
    name: str,
    query: dict[str, str],
    condition: str = "",
    order: str = "s.since DESC",
    *,
    offset: int = 0,
    values: dict[str, Any] | None = None,
) -> Page:
    where = f"WHERE {condition} " if condition else ""
    plain = f"{PLAIN_COLUMNS} {JOINED} {where}ORDER BY {order} LIMIT {ROWS_A_PAGE} OFFSET {offset}"
    return Page(name, "/distribution", query, plain, values)


def _logs(now: datetime) -> list[Page]:
    of_partner = {"partner": READER}
    begins = {"24h": timedelta(days=1), "7d": timedelta(days=7), "30d": timedelta(days=DAYS)}
    sums = (
        "SELECT endpoint, status, count(*), sum(bytes), sum(items), avg(milliseconds) FROM api_calls "
        "WHERE partner = :partner AND at >= :since GROUP BY 1, 2"
    )
    windows = [
        Page(
            f"api_log_{span}",
            "/api-log",
            {**of_partner, "window": span},
            sums,
            {**of_partner, "since": f"{now - ago:%Y-%m-%d %H:%M:%S}"},
        )
        for span, ago in begins.items()
    ]
    lines = "SELECT * FROM api_calls WHERE partner = :partner"
    newest = "ORDER BY at DESC LIMIT 50"
    return [
        Page("api_log", "/api-log", {}),
        *windows,
        Page("api_log_calls", "/api-log/calls", of_partner, f"{lines} {newest}", of_partner),
        Page(
            "api_log_failed_calls",
            "/api-log/calls",
            {**of_partner, "status": "5xx"},
            f"{lines} AND status >= 500 {newest}",
            of_partner,
        ),
        Page(
            "api_log_refused_calls_of_a_user",
            "/api-log/calls",
            {**of_partner, "status": "429", "user": "shop_window"},
            f"{lines} AND status = 429 AND \"user\" = 'shop_window' {newest}",
            of_partner,
        ),
    ]
