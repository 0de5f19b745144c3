"""A random market behind the real application: a real ledger with tokens and exposures, and published generations."""

from __future__ import annotations

import os
import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.load import read_annexes
from edye_delivery.annex.model import Annex
from edye_delivery.annex.planning import plan_of
from edye_delivery.annex.selection import exclusion_reason
from edye_delivery.catalog.exposed_thumbnail import ExposedThumbnail
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.vocabulary import Channel, DeliveryState
from edye_delivery.clients.clock import Clock
from edye_delivery.delivery_api.ledger_tokens import LedgerTokens
from edye_delivery.delivery_api.tokens import TokenSet
from edye_delivery.ledger.api_tokens import ApiTokens
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.exposures import Exposures
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.publications import Publications
from edye_delivery.pipeline.publish_generation import FEED, GenerationPublisher
from edye_delivery.qc.metadata import language_missing
from tests.unit.delivery_api.random_market import Described, Shelf, marker
from tests.unit.delivery_api.world import World


@dataclass
class PublishedMarket(World):
    """The world of the delivery API, filled by the project's own ledger and publisher."""

    plans: dict[tuple[int, int], PlannedTitle] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.engine: Engine = open_engine(f"sqlite:///{self.folder}/ledger.sqlite")
        self.ledger = Ledger(self.engine, lambda: self.now)
        self.api_tokens = ApiTokens(self.engine, lambda: self.now)
        self.runs = 0

    def read_tokens(self) -> TokenSet:
        """What the ledger says."""
        return LedgerTokens(self.engine.url, lambda: self.now).read()

    def write_annexes(self, shelves: Iterable[Shelf]) -> None:
        """The annexes of all partners, as files of a new age."""
        for shelf in shelves:
            _make_new(shelf.write(self.annexes), self.runs)
        content = read_annexes(self.annexes)
        assert not content.refused, content.complaint
        self.annex_of = cache(lambda name: pull_annex_of(content.annexes[name]))

    def takes(self, shelf: Shelf, title: Described) -> bool:
        """Whether the project gives the title to the partner."""
        annex: Annex = self.annex_of(shelf.name)
        found = title.title(0)
        return exclusion_reason(annex, found) is None and not list(language_missing(plan_of(annex, found), annex))

    def accept(self, shelf: Shelf, title: Described, version: int) -> None:
        """The title is exposed to the partner, checked and accepted."""
        annex, run_id = self.annex_of(shelf.name), f"run-{version}"
        plan = plan_of(annex, title.title(version))
        self.ledger.plan(annex.partner, run_id, [plan], Channel.PULL)
        self.ledger.begin_send(plan.delivery_key, run_id, Channel.PULL)
        Exposures(self.engine, annex.partner).put(plan, [_thumbnail(shelf, title)])
        self.ledger.mark_received(plan.delivery_key, f"exposure-{plan.delivery_key[:16]}", 0, 0.1)
        self.ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
        self.ledger.accept(annex.partner, plan, [])
        self.plans[shelf.number, title.number] = plan

    def withdraw(self, shelf: Shelf, title: Described) -> None:
        """The catalogue does not give the title to the partner any more."""
        key = self.plans.pop((shelf.number, title.number)).delivery_key
        self.ledger.withdraw(
            self.annex_of(shelf.name).partner, key, "run-withdrawal", "no longer offered", because="tag"
        )

    def publish_of(self, shelf: Shelf) -> None:
        """The partner's readers see what the ledger has."""
        annex = self.annex_of(shelf.name)
        publications = Publications(self.engine, lambda: self.now, annex.partner, FEED)
        clock = Clock(lambda: self.now, lambda _: None, random.Random(1).random)
        exposures = Exposures(self.engine, annex.partner)
        self.runs += 1
        GenerationPublisher(annex, f"run-{self.runs}", self.store, exposures, publications, clock).publish()


def _thumbnail(shelf: Shelf, title: Described) -> ExposedThumbnail:
    url = f"https://media.example/{shelf.mark}/{marker(title.number, 'thumb')}.jpg"
    return ExposedThumbnail(
        name="landscape_16x9", url=url, width=800, height=450, type="image/jpeg", sha256=f"{shelf.number}" * 64
    )


def _make_new(path: Path, age: int) -> None:
    """Gives the file another time than the one that it replaces, on file systems with coarse clocks too."""
    os.utime(path, (1_000_000 + age, 1_000_000 + age))
