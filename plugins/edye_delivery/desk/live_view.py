"""Looks at what is live at this moment, by the hooks' own bounded clients; nothing of it is kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from edye_delivery.annex.channels import api_folder_of
from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.model import Annex
from edye_delivery.annex.pull import PullChannel
from edye_delivery.catalog.degradation import Probe
from edye_delivery.errors import ConfigurationInvalid, DeliveryError
from edye_delivery.ledger.publication_history import PastPublication
from edye_delivery.pipeline.live_feed import LiveFeed, look_at_feed
from edye_delivery.pipeline.live_generation import LiveGenerations, live_generations

PROBE_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class LiveStore:
    """What a partner's store has, and whether the API answers; each is None where the sentence says why not."""

    generations: LiveGenerations | None
    problem: str
    probe: Probe | None
    probe_problem: str


def public_address(spec: FeedSpec) -> str:
    """Where readers find the feed's first page; empty where its connection does not say so."""
    from edye_delivery.feeds.publish.publish import FIRST_PAGE
    from edye_delivery.hooks.feed_store import FeedStoreHook

    try:
        with _connection(spec.conn_id):
            return FeedStoreHook(spec).url(FIRST_PAGE)
    except DeliveryError:
        return ""


def live_feed(spec: FeedSpec, newest: PastPublication | None, known: Sequence[PastPublication]) -> LiveFeed:
    """What readers find at the feed's address, or why that cannot be read."""
    from edye_delivery.clients.feed_pages import PageBounds
    from edye_delivery.feeds.publish.publish import FIRST_PAGE, PAGES
    from edye_delivery.hooks.feed_store import FeedStoreHook
    from edye_delivery.hooks.http_client import SYSTEM_CLOCK

    hook = FeedStoreHook(spec)

    def fetch(url: str, max_bytes: int, max_s: float) -> bytes:
        return hook.fetch(url, PageBounds(max_bytes, max_s))

    try:
        with _connection(spec.conn_id):
            return look_at_feed(hook.url(FIRST_PAGE), hook.url(PAGES), newest, known, fetch, SYSTEM_CLOCK)
    except DeliveryError as error:
        return LiveFeed((), None, is_newest=False, problem=str(error))


def live_store(annex: Annex, pull: PullChannel) -> LiveStore:
    """Which generation the store has for readers, and whether the delivery API says that it is well."""
    from edye_delivery.hooks.delivery_api import DeliveryApiHook
    from edye_delivery.hooks.delivery_api_store import DeliveryApiStoreHook

    generations, problem, probe, probe_problem = None, "", None, ""
    try:
        with _connection(pull.store_conn_id):
            store = DeliveryApiStoreHook(pull.store_conn_id).get_conn()
            generations = live_generations(store, api_folder_of(annex))
    except DeliveryError as error:
        problem = str(error)
    try:
        with _connection(pull.check.conn_id):
            probe = DeliveryApiHook(annex).probe(PROBE_TIMEOUT_S)
    except DeliveryError as error:
        probe_problem = str(error)
    return LiveStore(generations, problem, probe, probe_problem)


@contextmanager
def _connection(conn_id: str) -> Iterator[None]:
    """Says in a sentence where Airflow has no such connection."""
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        yield
    except AirflowNotFoundException:
        raise ConfigurationInvalid(f"Airflow has no connection {conn_id}; add it") from None
