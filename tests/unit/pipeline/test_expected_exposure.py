"""What a partner has to see, from the ledger: the ids that only other partners may see, which the API has to refuse."""

import hashlib
from datetime import UTC, datetime

import pytest

from edye_delivery.annex.pull_item import entry_id_of
from edye_delivery.catalog.vocabulary import Channel, ListName
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.exposures import Exposures
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.pipeline.expected_exposure import Expectation
from tests.builders import a_movie, a_plan, an_episode
from tests.unit.pipeline.test_publish_generation import annex_of

NOW = datetime(2026, 3, 5, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield engine
    engine.dispose()


def expose(engine, partner, title):
    plan = a_plan(title)
    key = hashlib.sha256(f"{partner}{plan.delivery_key}".encode()).hexdigest()  # a delivery is to one partner
    plan = plan.model_copy(update={"content_key": key, "delivery_key": key})
    Ledger(engine, lambda: NOW).plan(partner, "run-1", [plan], Channel.PULL)
    Exposures(engine, partner).put(plan, [])


def foreign_ids(engine, annex):
    exposures = Exposures(engine, annex.partner)
    return dict(Expectation(annex, exposures, NOW, version=0).of_generation(1).foreign_ids)


@pytest.mark.parametrize("form", ["edye_id", "uuid5"])
def test_a_foreign_title_is_one_of_the_feed_too_by_the_id_of_its_entry(engine, form):
    annex = annex_of(entry_id=form)
    expose(engine, "another_partner", a_movie())
    entry_id = entry_id_of(annex.pull, "movie-1")
    assert (entry_id == "movie-1") == (form == "edye_id")
    assert foreign_ids(engine, annex) == {ListName.SHOWS: "movie-1", ListName.ENTRIES: entry_id}


def test_a_title_that_this_partner_has_too_is_not_foreign(engine):
    annex = annex_of()
    for partner in ("another_partner", annex.partner):
        expose(engine, partner, an_episode())
    assert foreign_ids(engine, annex) == {}


def test_a_list_that_nobody_may_read_has_no_foreign_title(engine):
    annex = annex_of(users={"catalogue": {"endpoints": ["episodes"]}})
    expose(engine, "another_partner", an_episode())
    assert foreign_ids(engine, annex) == {ListName.EPISODES: "ep-1"}
