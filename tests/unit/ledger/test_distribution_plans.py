"""Which index the databases read for a page of titles where very many fit its filter."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import event, make_url

from benchmarks.desk_data import BEGIN, NOW, PARTNERS, LedgerSize, make_ledger
from edye_delivery.catalog.vocabulary import DeliveryState, TitleKind
from edye_delivery.catalog.window import Window
from edye_delivery.ledger import distribution_query
from edye_delivery.ledger.distribution import DistributionFilter, distribution_page
from edye_delivery.ledger.distribution_filter import Order, SortKey
from edye_delivery.ledger.read_only import read_only_engine

ALL = tuple(PARTNERS)
YEAR = Window(BEGIN, BEGIN + timedelta(days=365))
ACCEPTED_IN_A_YEAR = DistributionFilter(ALL, state=DeliveryState.ACCEPTED, window=YEAR)
CASES = {
    "title_status_by_title": (ACCEPTED_IN_A_YEAR, Order(SortKey.TITLE)),
    "title_status_by_since": (DistributionFilter(ALL, kind=TitleKind.EPISODE, lang="es"), Order(SortKey.SINCE, True)),
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request, tmp_path_factory):
    """A ledger in which a page has few of the titles that fit."""
    from tests.unit.ledger.frozen import empty_ledger

    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('plans')}/ledger.sqlite"
    else:
        url = request.getfixturevalue("postgresql_url")
        empty_ledger(url)
    make_ledger(url, LedgerSize(4000, 4000))
    opened = read_only_engine(make_url(url))
    yield opened
    opened.dispose()


@pytest.mark.parametrize("index", CASES)
def test_a_page_of_very_many_titles_is_read_in_the_order_of_an_index(engine, monkeypatch, index):
    wanted, order = CASES[index]
    monkeypatch.setattr(distribution_query, "FEW", 100)
    asked = []
    with engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", lambda *given: asked.append(given[2:4]))
        page = distribution_page(connection, wanted, NOW, order)
        statement, values = next(one for one in asked if "is_listed" in one[0])
        words = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
        plan = [str(tuple(row)) for row in connection.exec_driver_sql(f"{words} {statement}", values)]
    assert len(page.rows) == 100
    of_each_partner = [line for line in plan if f"{index} " in line]
    assert len(of_each_partner) >= len(ALL), "\n".join(plan)
