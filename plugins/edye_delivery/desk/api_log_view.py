"""What the pages of the API log show of one partner that pulls, decided before the template sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from edye_delivery.annex.model import Annex
from edye_delivery.annex.pull import PullChannel
from edye_delivery.catalog.degradation import Degradation
from edye_delivery.desk.charts import ChartView, calls_view, latency_cells, latency_view
from edye_delivery.ledger.api_tokens import Token, TokenState, tokens_of
from edye_delivery.ledger.call_figures import last_call_at
from edye_delivery.ledger.degradations import degradations_between, open_ones
from edye_delivery.pipeline.recent_consumption import RecentConsumption, Span, agreed_polls, recent_consumption
from edye_delivery.reports.consumption.figures import next_step_of
from edye_delivery.reports.consumption.model import CallCounts, ConsumptionReport, EndpointUse, ReportedError

SPANS = {Span.DAY: "24 hours", Span.WEEK: "7 days", Span.MONTH: "30 days"}
TOKENS_MAX = 20
TOKEN_BADGES = {TokenState.VALID: "green", TokenState.ENDING: "missing", TokenState.EXPIRED: "", TokenState.REVOKED: ""}


@dataclass(frozen=True, slots=True)
class Reader:
    """A partner that reads by itself, for the list of them."""

    partner: str
    name: str
    last_at: datetime | None
    open: tuple[Degradation, ...]


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token with the class and the word of its state; neither the token nor its digest is known here."""

    token: Token
    state: str
    badge: str


@dataclass(frozen=True, slots=True)
class UserView:
    """A user of the partner: what it may call, and its newest tokens; it may be one that the annex no longer has."""

    name: str
    endpoints: str
    tokens: tuple[TokenView, ...]
    older_tokens: int
    can_call: bool


@dataclass(frozen=True, slots=True)
class ErrorView:
    """A call that was not answered well, and what to do."""

    error: ReportedError
    next_step: str


@dataclass(frozen=True, slots=True)
class EndpointView:
    """The calls of a user on an endpoint, with its percentiles as texts."""

    use: EndpointUse
    latency: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class PartnerView:
    """The page of one partner; `agreed` is how often it should have begun to read each list since `polls_since`."""

    partner: str
    name: str
    report: ConsumptionReport
    totals: CallCounts
    answered_percent: float | None
    is_uptime_known: bool
    open: tuple[Degradation, ...]
    last_at: datetime | None
    charts: tuple[ChartView, ...]
    errors: tuple[ErrorView, ...]
    endpoints: tuple[EndpointView, ...]
    latency: tuple[str, str, str]
    polls_since: datetime | None
    agreed: int
    users: tuple[UserView, ...]


def readers_of(connection: Connection, annexes: Iterable[Annex], now: datetime) -> tuple[Reader, ...]:
    """The partners that pull, by name."""
    found = [
        Reader(
            annex.partner,
            annex.display_name,
            last_call_at(connection, annex.partner, now),
            open_ones(degradations_between(connection, annex.partner, now, now)),
        )
        for annex in annexes
        if annex.pull is not None
    ]
    return tuple(sorted(found, key=lambda reader: reader.name.casefold()))


def partner_view(connection: Connection, annex: Annex, pull: PullChannel, span: Span, now: datetime) -> PartnerView:
    """What the partner called, how it was answered, and with which tokens it may call."""
    recent = recent_consumption(connection, annex, pull, span, now)
    report, since = recent.report, recent.polls_since
    return PartnerView(
        partner=annex.partner,
        name=annex.display_name,
        report=report,
        totals=report.totals,
        answered_percent=_answered_percent(recent),
        is_uptime_known=recent.is_uptime_known,
        open=open_ones(degradations_between(connection, annex.partner, now, now)),
        last_at=last_call_at(connection, annex.partner, now),
        charts=(calls_view(report), latency_view(report)) if report.totals.calls else (),
        errors=tuple(ErrorView(one, next_step_of(one.status)) for one in report.errors),
        endpoints=tuple(EndpointView(use, latency_cells(use.latency)) for use in report.endpoints),
        latency=latency_cells(report.latency),
        polls_since=since,
        agreed=agreed_polls(pull, since, now) if since is not None else 0,
        users=_users(pull, tokens_of(connection, annex.partner), now),
    )


def _answered_percent(recent: RecentConsumption) -> float | None:
    """The share of calls that did not fail on our side; None without calls."""
    totals = recent.report.totals
    return 100 * (1 - totals.failed / totals.calls) if totals.calls else None


def _users(pull: PullChannel, tokens: list[Token], now: datetime) -> tuple[UserView, ...]:
    by_user: dict[str, list[Token]] = {name: [] for name in pull.users}
    for token in tokens:
        by_user.setdefault(token.user, []).append(token)
    return tuple(_user(name, pull, owned, now) for name, owned in sorted(by_user.items()))


def _user(name: str, pull: PullChannel, tokens: list[Token], now: datetime) -> UserView:
    newest = sorted(tokens, key=lambda token: (token.created_at, token.id), reverse=True)[:TOKENS_MAX]
    views = tuple(TokenView(one, one.state(now).value, TOKEN_BADGES[one.state(now)]) for one in newest)
    user = pull.users.get(name)
    endpoints = ", ".join(endpoint.value for endpoint in user.endpoints) if user is not None else ""
    is_open = any(one.state(now) in (TokenState.VALID, TokenState.ENDING) for one in tokens)
    return UserView(name, endpoints, views, len(tokens) - len(newest), is_open and user is not None)


def span_links(span: Span) -> Mapping[str, tuple[str, bool]]:
    """By the word for an address: what a span is called, and whether it is the chosen one."""
    return {one.value: (name, one is span) for one, name in SPANS.items()}
