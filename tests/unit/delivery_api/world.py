"""A delivery API in one process: annexes, tokens and generations, called as ASGI without a socket."""

from __future__ import annotations

import asyncio
import atexit
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from edye_delivery.catalog.api_call import CallLine
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.clients.clock import Clock
from edye_delivery.delivery_api.access import AccessSource
from edye_delivery.delivery_api.answers import BodyCache
from edye_delivery.delivery_api.application import Application
from edye_delivery.delivery_api.cursors import CursorCodec
from edye_delivery.delivery_api.generations.build import build_generation
from edye_delivery.delivery_api.generations.chosen import ChosenCache
from edye_delivery.delivery_api.generations.partner import Partner
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.switch import switch_readers
from edye_delivery.delivery_api.generations.values import Built, ItemChange
from edye_delivery.delivery_api.health import Health
from edye_delivery.delivery_api.media_sources import MediaRedirects
from edye_delivery.delivery_api.pages import PageReader
from edye_delivery.delivery_api.private_files import cursor_key
from edye_delivery.delivery_api.rate_limit import SharedCounters, make_counters
from edye_delivery.delivery_api.service import Service
from edye_delivery.delivery_api.tokens import TokenDigest, TokenFile, TokenSet
from tests.builders import annex_file

START = datetime(2026, 11, 29, 12, tzinfo=UTC)
EVERYTHING = ["shows", "episodes", "feed", "media"]
OFTEN = {"calls": 100_000, "full_syncs_at_once": 100}


def pull_annex(folder: Path, partner: str, users: dict[str, list[str]] | None = None, **changes: Any) -> None:
    """The annex of a partner that only pulls; its user `app` may call everything unless the test says more."""
    users = {"app": EVERYTHING} if users is None else users
    pull = {"users": {name: {"endpoints": list(allowed)} for name, allowed in users.items()}, "rate_limit": OFTEN}
    pull |= {"check": {"user": next(iter(users))}}
    annex_file(folder, partner, pull=pull | changes, api=None, ftp=None, feeds=[])


def show(item_id: str, title: str = "A title", **facets: Any) -> ItemChange:
    """A show of a list."""
    body = orjson.dumps({"id": item_id, "kind": "series", "title_id": item_id, "titles": {"en": title}})
    return ItemChange(ListName.SHOWS, item_id, body, external_id=f"x-{item_id}", **facets)


def episode(item_id: str, show_id: str, season: int | None = 1, **facets: Any) -> ItemChange:
    """An episode of a show."""
    content = {"id": item_id, "kind": "episode", "title_id": show_id, "titles": {"en": item_id}, "show_id": show_id}
    body = orjson.dumps(content)
    return ItemChange(ListName.EPISODES, item_id, body, show_id=show_id, season_number=season, **facets)


def entry(item_id: str, **facets: Any) -> ItemChange:
    """An entry of the feed, with thumbnails of two sizes."""
    thumbnails = [
        {"name": size, "size": size, "url": f"https://m.example/{item_id}-{size}.jpg", "width": 640, "height": 360}
        | {"type": "image/jpeg"}
        for size in ("small", "large")
    ]
    content = {"id": item_id, "title": item_id, "pubdate": "2026-01-01T00:00:00Z", "image": "https://m.example/i.jpg"}
    content |= {"images": thumbnails, "sources": [{"file": "https://m.example/v.mp4", "type": "video/mp4"}]}
    return ItemChange(ListName.ENTRIES, item_id, orjson.dumps(content), **facets)


def gone(item_id: str, name: ListName = ListName.SHOWS, reason: str = "withdrawn") -> ItemChange:
    """An item that left."""
    return ItemChange(name, item_id, None, reason)


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return orjson.loads(self.body)

    @property
    def ids(self) -> list[str]:
        """The ids of a page's items, deleted ones with a minus sign."""
        items = self.json.get("items", self.json.get("playlist"))
        return [("-" if item.get("deleted") else "") + item["id"] for item in items]


@dataclass
class World:
    """Everything behind an application, with a clock that the test sets."""

    folder: Path
    now: datetime = START
    tokens: list[TokenDigest] = field(default_factory=list)
    lines: list[CallLine] = field(default_factory=list)
    ledger_error: Exception | None = None
    signing_secret: str = ""

    def __post_init__(self) -> None:
        self.annexes, self.root = self.folder / "annexes", self.folder / "root"
        self.annexes.mkdir()
        self.root.mkdir()
        make_counters(self.folder / "counters")
        self.store = FolderStore(self.root)

    def token(self, partner: str, user: str = "app", token: str = "", expires_at: datetime | None = None) -> str:
        """Makes a token valid, and returns it."""
        token = token or f"token-of-{partner}-{user}"
        digest = sha256(token.encode()).hexdigest()
        self.tokens.append(TokenDigest(digest, partner, user, expires_at.timestamp() if expires_at else None))
        return token

    def publish(self, partner: str, *changes: ItemChange, is_full: bool = False, **options: Any) -> Built:
        """A generation, five minutes later, that readers see."""
        self.now += timedelta(minutes=5)
        usual = {"lists": list(ListName), "tombstone_days": 90, "keep": 3}
        build = (self.store, partner, changes, self.now, 1, "annex")
        built = build_generation(*build, is_full=is_full, **usual | options)
        switch_readers(self.store, partner, built.number)
        return built

    def read_tokens(self) -> TokenSet:
        """What the ledger says."""
        if self.ledger_error is not None:
            raise self.ledger_error
        return TokenSet(self.tokens)

    def application(self) -> Application:
        """The application on the present annexes and tokens."""
        clock = Clock(lambda: self.now, lambda _: None, lambda: 0.5, lambda: self.now.timestamp())
        self.source = AccessSource(
            self.read_tokens, (OSError,), TokenFile(self.root / "tokens.json"), self.annexes, refresh_s=0.01
        )
        self.source.refresh()

        chosen = ChosenCache()  # one for all partners, as a worker has it

        @cache
        def partner_of(name: str) -> Partner:
            return Partner(self.store, name, clock.monotonic, chosen, look_every_s=0)

        service = Service(
            lambda: self.source.access,
            partner_of,
            PageReader(CursorCodec(cursor_key(self.root))),
            SharedCounters(self.folder / "counters"),
            BodyCache(),
            MediaRedirects(self.signing_secret, clock),
        )
        health = Health(self.store, partner_of)
        report = lambda: health.report(self.source.access.terms, self.now.timestamp())  # noqa: E731
        return Application(service, report, self, clock, country_header="X-Country")

    def add(self, line: CallLine) -> None:
        """Takes a line of the log."""
        self.lines.append(line)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """One loop for all calls: to make one takes longer than a call."""
    loop = asyncio.new_event_loop()
    atexit.register(loop.close)
    return loop


def call(
    application: Application, path: str, token: str | None = None, *, method: str = "GET", **headers: str
) -> Reply:
    """One call; a header's name has underscores for hyphens."""
    path, _, query = path.partition("?")
    sent = [(name.replace("_", "-").lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    if token is not None:
        sent.append((b"authorization", f"Bearer {token}".encode()))
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": sent}
    told: list[Any] = []

    async def send(message: Any) -> None:
        told.append(message)

    async def receive() -> Any:
        raise AssertionError("no body is read")

    _loop().run_until_complete(application(scope, receive, send))
    start, body = told
    pairs = [(name.decode(), value.decode("latin-1")) for name, value in start["headers"]]
    assert len(dict(pairs)) == len(pairs), pairs
    return Reply(start["status"], dict(pairs), body["body"])
