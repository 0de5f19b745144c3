"""The list of titles by partner: every page, filter and order gives what a plain reading of all rows gives."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from benchmarks.desk_data import NOW, PARTNERS, LedgerSize, make_ledger
from edye_delivery.catalog.vocabulary import Cause, DeliveryState, Owner, TitleKind
from edye_delivery.catalog.window import Window
from edye_delivery.errors import InvalidRequest
from edye_delivery.ledger import distribution_query
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.distribution import DistributionFilter, distribution_page, distribution_rows
from edye_delivery.ledger.distribution_filter import Order, SortKey
from edye_delivery.ledger.status import WORST_FIRST, StatusReader
from edye_delivery.ledger.status_records import Selection
from edye_delivery.ledger.tables import TITLE_STATUS
from edye_delivery.ledger.verify import differences

ALL = tuple(PARTNERS)
ORDERS = [Order(key, descending) for key in SortKey for descending in (False, True)]
WINDOW = Window(NOW - timedelta(days=300), NOW - timedelta(days=100))
FILTERS = {
    "all": DistributionFilter(ALL),
    "one partner": DistributionFilter(ALL[1:2]),
    "no partner": DistributionFilter(()),
    "unknown partner": DistributionFilter(("nobody",)),
    "state": DistributionFilter(ALL, state=DeliveryState.FAILED),
    "many of a state": DistributionFilter(ALL, state=DeliveryState.ACCEPTED),
    "cause": DistributionFilter(ALL, cause=Cause.METADATA),
    "owner": DistributionFilter(ALL[::2], owner=Owner.DEVOPS),
    "kind": DistributionFilter(ALL, kind=TitleKind.SHORT),
    "lang": DistributionFilter(ALL, lang="pt"),
    "kind and lang": DistributionFilter(ALL, kind=TitleKind.EPISODE, lang="en"),
    "window": DistributionFilter(ALL, window=WINDOW),
    "window and state": DistributionFilter(ALL, window=WINDOW, state=DeliveryState.ACCEPTED),
    "nobody waits": DistributionFilter(ALL, nobody_waits=True),
    "nothing": DistributionFilter(ALL, state=DeliveryState.SENDING),
}

EVERY_ORDER = ("window and state", "nobody waits")


@pytest.fixture(scope="module")
def sqlite_url(tmp_path_factory):
    url = f"sqlite:///{tmp_path_factory.mktemp('distribution')}/ledger.sqlite"
    make_ledger(url, LedgerSize(120, 480))
    return url


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def connection(request, sqlite_url):
    if request.param == "postgresql":
        from tests.unit.ledger.frozen import empty_ledger

        url = request.getfixturevalue("postgresql_url")
        empty_ledger(url)
        make_ledger(url, LedgerSize(120, 480))
    else:
        url = sqlite_url
    engine = open_engine(url)
    with engine.connect() as opened:
        yield opened
    engine.dispose()


@pytest.fixture(params=["few", "many"])
def few(request, monkeypatch):
    """Both ways of reading: with few rows sorted, and in the order of an index."""
    monkeypatch.setattr(distribution_query, "FEW", 10_000 if request.param == "few" else -1)


def fits(status, wanted):
    return all(
        (
            wanted.state in (None, status.state),
            wanted.cause in (None, status.cause),
            wanted.owner in (None, status.owner),
            wanted.kind in (None, status.kind),
            wanted.lang in (None, status.lang),
            wanted.window is None or wanted.window.start_at <= status.since < wanted.window.end_at,
            status.nobody_waits or not wanted.nobody_waits,
        )
    )


def place_of(folded, order, status):
    key = {
        SortKey.SINCE: (status.since,),
        SortKey.TITLE: (folded[status.partner, status.external_id],),
        SortKey.EXTERNAL_ID: (),
        SortKey.STATE: (WORST_FIRST.index(status.state), status.since),
    }[order.key]
    return (*key, status.external_id, status.partner)


def plain(connection, wanted, order):
    """The titles of the list, each once, by reading everything."""
    columns = (TITLE_STATUS.c[name] for name in ("partner", "external_id", "folded_title"))
    folded = {(row.partner, row.external_id): bytes(row.folded_title) for row in connection.execute(select(*columns))}
    everything = StatusReader(connection, NOW).titles(Selection(), ended_well=True)
    found = [one for one in everything if one.partner in wanted.partners and fits(one, wanted)]
    found.sort(key=partial(place_of, folded, order), reverse=order.descending)
    return list(dict.fromkeys((one.edye_id, one.lang) for one in found))


def ids(rows):
    return [(row.edye_id, row.lang) for row in rows]


@pytest.mark.parametrize(
    ("name", "order"),
    [
        (name, order)
        for number, name in enumerate(FILTERS)
        for order in (ORDERS if name in EVERY_ORDER else [ORDERS[number % len(ORDERS)]])
    ],
    ids=str,
)
def test_the_pages_forward_and_back_are_all_titles_that_fit_each_once(connection, few, name, order):
    wanted = FILTERS[name]
    expected = plain(connection, wanted, order)
    pages, cursor = [], ""
    while cursor is not None:
        page = distribution_page(connection, wanted, NOW, order, cursor, limit=23)
        pages.append(page)
        cursor = page.next_cursor
    assert [one for page in pages for one in ids(page.rows)] == expected
    back = pages[-1]
    for page in reversed(pages[:-1]):
        back = distribution_page(connection, wanted, NOW, order, back.previous_cursor, limit=23)
        assert (ids(back.rows), back.next_cursor) == (ids(page.rows), page.next_cursor)
    assert back.previous_cursor is None
    assert ids(distribution_rows(connection, wanted, NOW, order)) == expected


def test_a_row_has_the_status_at_every_allowed_partner_and_at_no_other(connection):
    everything = list(StatusReader(connection, NOW).titles(Selection(), ended_well=True))
    allowed = ALL[:2]
    rows = list(distribution_rows(connection, DistributionFilter(allowed, state=DeliveryState.FAILED), NOW))
    assert rows
    for row in rows:
        expected = [one for one in everything if one.edye_id == row.edye_id and one.partner in allowed]
        assert sorted(expected, key=lambda one: one.partner) == list(row.statuses)
        assert row.found in row.statuses
        assert row.found.state is DeliveryState.FAILED
        assert row.at(ALL[2]) is None
        assert row.at(row.found.partner) == row.found


def test_a_page_has_a_hundred_rows_at_most(connection):
    assert len(distribution_page(connection, FILTERS["all"], NOW, limit=10**9).rows) == 100
    assert len(distribution_page(connection, FILTERS["all"], NOW, limit=0).rows) == 1


def test_a_cursor_of_another_order_or_a_damaged_one_is_refused_with_a_sentence(connection):
    read = partial(distribution_page, connection, FILTERS["all"], NOW)
    good = read(Order(SortKey.TITLE)).next_cursor
    for bad in (good[:-3], "x", "a" * 5000, "%00", good + "=", "W10", "bnVsbA", "é", good.swapcase(), "\ud800"):
        with pytest.raises(InvalidRequest, match="the address of this page is damaged"):
            read(Order(SortKey.TITLE), bad)
    for order in ORDERS:
        if order != Order(SortKey.TITLE):
            with pytest.raises(InvalidRequest, match="go to the first page"):
                read(order, good)


def test_a_cursor_may_be_used_with_another_filter(connection):
    order = Order(SortKey.EXTERNAL_ID)
    cursor = distribution_page(connection, FILTERS["all"], NOW, order, limit=9).next_cursor
    page = distribution_page(connection, FILTERS["lang"], NOW, order, cursor)
    assert 0 < len(page.rows) < 100
    assert all(row.lang == "pt" for row in page.rows)


def test_hostile_words_of_a_filter_find_nothing_and_break_nothing(connection):
    for hostile in ("' OR 1=1 --", "%", "\\", "x" * 10_000):
        try:
            page = distribution_page(connection, DistributionFilter((hostile,), lang=hostile), NOW)
        except SQLAlchemyError as error:  # pragma: no cover
            pytest.fail(str(error))
        assert page.rows == ()


def test_the_titles_of_the_benchmark_have_the_facts_of_their_deliveries(connection):
    assert [one for one in differences(connection) if "current delivery" in one or "title_words" in one] == []
