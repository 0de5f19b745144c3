"""Publishes a random market and lets every user call everything; then the market changes, and they call it again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from edye_delivery.annex.model import PULL_SUFFIX
from edye_delivery.delivery_api.application import Application
from tests.unit.delivery_api.every_call import PATHS, Found, Reader
from tests.unit.delivery_api.expected_items import entry_id, expected_items, expected_tombstones
from tests.unit.delivery_api.published_market import PublishedMarket
from tests.unit.delivery_api.random_market import FIRST_SHOW, SHOWS, Described, Market, Shelf, marker
from tests.unit.delivery_api.world import call

LIST_OF = {"shows": "shows", "episodes": "episodes", "feed": "entries", "media": "entries"}
SERIES = {marker(show, "id") for show in range(FIRST_SHOW, FIRST_SHOW + SHOWS)}
ALL_PATHS = (*PATHS.values(), "/v1/shows/x", "/v1/episodes/x", "/v1/media/x", "/v1/media/x/images")


@dataclass
class Rounds:
    """One market while it is read."""

    market: Market
    folder: Path
    tokens: dict[tuple[int, str], str] = field(default_factory=dict)
    found: Found = field(default_factory=Found)

    def __post_init__(self) -> None:
        self.world = PublishedMarket(self.folder)
        self.world.write_annexes(self.market.shelves)
        self.exposed: dict[int, list[Described]] = {}
        self.before: dict[int, list[Described]] = {}

    def check(self) -> None:
        """Both rounds; AssertionError at the first answer that is not as the annex says."""
        try:
            self.expose_all()
            application = self.world.application()
            self.read_all(application, self.market.shelves)
            self.refuse_strangers(application)
            old = replace(self.found, cursors=dict(self.found.cursors), checkpoints=dict(self.found.checkpoints))
            later = self.change_all()
            self.read_on(application, later, old)
            self.read_all(application, later)
            seen = [tags for _, tags in sorted(self.found.tags.items())]
            assert len(frozenset().union(*seen)) == sum(map(len, seen)), "two partners have an ETag in common"
        finally:
            self.world.engine.dispose()

    def expose_all(self) -> None:
        """The first generation of every partner, all exposed at the same moment, and a token for every user."""
        for shelf in self.market.shelves:
            taken = [title for title in self.market.titles if self.world.takes(shelf, title)]
            assert taken == [title for title in self.market.titles if shelf.has(title)]
            for title in taken:
                self.world.accept(shelf, title, 1)
            self.exposed[shelf.number] = self.before[shelf.number] = taken
            self.world.publish_of(shelf)
            self.give_tokens(shelf)

    def change_all(self) -> list[Shelf]:
        """The next generation: titles have changed and left, and the annexes allow the users other endpoints."""
        self.world.now += timedelta(minutes=5)
        later = [replace(shelf, users=self.market.users_later[shelf.number]) for shelf in self.market.shelves]
        self.world.write_annexes(later)
        for shelf in later:
            leaving = self.market.withdrawn[shelf.number]
            for title in self.exposed[shelf.number]:
                if title.number in leaving:
                    self.world.withdraw(shelf, title)
                elif title.number in self.market.changed:
                    self.world.accept(shelf, title, 2)
            self.exposed[shelf.number] = [one for one in self.before[shelf.number] if one.number not in leaving]
            self.world.publish_of(shelf)
            self.give_tokens(shelf)
        self.world.source.refresh()
        return later

    def give_tokens(self, shelf: Shelf) -> None:
        """A token for each user that has none; the ledger may know the partner by either of its names."""
        names = sorted({shelf.name, self.world.annex_of(shelf.name).partner})
        for user in shelf.users:
            if (shelf.number, user) not in self.tokens:
                name = names[len(self.tokens) % len(names)]
                self.tokens[shelf.number, user] = self.world.api_tokens.add(name, user)

    def reader(self, application: Application, shelf: Shelf, user: str) -> Reader:
        """One user, with what it may read now."""
        titles = self.exposed[shelf.number]
        lists, gone = expected_items(shelf, titles), expected_tombstones(shelf, self.before[shelf.number], titles)
        first = next(one for one in self.market.shelves if one.number == shelf.number)
        new = {name for name in PATHS if not _has(first, name)}  # nobody could read it before, so it has no past
        gone |= {name: {} for name in new}
        known = {item_id for items in (*lists.values(), *gone.values()) for item_id in items}
        every = {title.id for title in self.market.titles}
        every |= SERIES
        pairs = [(item_id, entry_id(replace(shelf, has_uuids=True), item_id)) for item_id in sorted(every)]
        foreign = [one for pair in pairs if not known.intersection(pair) for one in pair]
        allowed, token = shelf.users[user], self.tokens[shelf.number, user]
        return Reader(application, shelf, allowed, token, lists, titles, foreign, gone, new, self.found)

    def read_all(self, application: Application, shelves: list[Shelf]) -> None:
        """Every user calls everything, once there are cursors and ETags of all partners."""
        users = [(shelf, user) for shelf in shelves for user in shelf.users]
        for shelf, user in users:
            reader = self.reader(application, shelf, user)
            for name in reader.readable:
                reader.read_list(name)
        for shelf, user in users:
            self.world.lines.clear()
            self.reader(application, shelf, user).call_everything()
            lines = [line for line in self.world.lines if line.endpoint != "other"]
            callers = {(str(line.partner).removesuffix(PULL_SUFFIX), line.user) for line in lines}
            assert callers == {(shelf.name, user)}

    def read_on(self, application: Application, shelves: list[Shelf], old: Found) -> None:
        """Every user goes on where the partner was: the checkpoints tell what changed, the cursors hide what left."""
        for shelf, user in [(one, user) for one in shelves for user in one.users]:
            reader = self.reader(application, shelf, user)
            changed = [one for one in self.exposed[shelf.number] if one.number in self.market.changed]
            ids = {one.id for one in changed} | {entry_id(shelf, one.id) for one in changed}
            for name in reader.readable:
                items = reader.lists[name]
                series = {item_id: shown for item_id, shown in items.items() if item_id in SERIES}
                delta = {item_id: shown for item_id, shown in items.items() if item_id in ids} | reader.gone[name]
                if checkpoint := old.checkpoints.get((shelf.number, name)):
                    for _ in reader.walk(f"{PATHS[name]}?cursor={checkpoint}", delta, series):
                        pass
                if cursor := old.cursors.get((shelf.number, name)):
                    reader.page(f"{PATHS[name]}?cursor={cursor}", items)

    def refuse_strangers(self, application: Application) -> None:
        """A user that the annex does not have may do nothing; a revoked token, and one of nobody, open nothing."""
        shelf = self.market.shelves[0]
        stranger = self.world.api_tokens.add(shelf.name, "stranger")
        revoked = self.world.api_tokens.add(shelf.name, "revoked")
        self.world.api_tokens.revoke(shelf.name, "revoked")
        self.world.source.refresh()
        for path in ALL_PATHS:
            for token, status in ((stranger, 403), (revoked, 401), ("edye_nobody", 401), (None, 401)):
                assert call(application, path, token, If_None_Match="*").status == status, (path, status)


def _has(shelf: Shelf, name: str) -> bool:
    """Whether a generation of the partner has the list: at least one user may read something of it."""
    return any(LIST_OF[endpoint] == name for allowed in shelf.users.values() for endpoint in allowed)
