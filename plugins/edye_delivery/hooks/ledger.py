"""The connection `delivery_ledger`: SQLite (a file) or PostgreSQL."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache

from airflow.sdk import BaseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from sqlalchemy import URL, Engine
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.event import listen

from edye_delivery.annex.channels import api_folder_of
from edye_delivery.annex.model import Annex
from edye_delivery.clients.secret_mask import SecretMask
from edye_delivery.errors import ConfigurationInvalid
from edye_delivery.hooks.connection_secrets import mask_of
from edye_delivery.hooks.http_client import SYSTEM_CLOCK
from edye_delivery.ledger.alerts import Alerts
from edye_delivery.ledger.api_call_outbox import ApiCallOutbox
from edye_delivery.ledger.api_call_writer import ApiCallWriter
from edye_delivery.ledger.circuit_breaker import CircuitBreaker
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.exposures import Exposures
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.publications import Publications
from edye_delivery.ledger.run_alerts import RunAlerts
from edye_delivery.ledger.similar_titles import names_like
from edye_delivery.ledger.trail import Trail
from edye_delivery.ledger.withdrawals import Withdrawals

CONN_ID = "delivery_ledger"


class LedgerHook(BaseHook):
    """The ledger behind a connection of type sqlite (host: the file's path) or postgres."""

    def __init__(self, conn_id: str = CONN_ID) -> None:
        super().__init__()
        self._conn_id = conn_id

    def get_conn(self, annex: Annex | None = None) -> Ledger:
        """The ledger; makes missing tables. With an annex, the errors in a row of its client are counted."""
        return Ledger(_engine(self.url()), SYSTEM_CLOCK.now, Client.of(annex) if annex else None)

    def circuit_breaker(self, annex: Annex, run_began_at: datetime) -> CircuitBreaker:
        """Whether a run may send to the annex's client."""
        return CircuitBreaker(_engine(self.url()), SYSTEM_CLOCK.now, Client.of(annex), run_began_at)

    def withdrawals(self, annex: Annex) -> Withdrawals:
        """The withdrawals by hand at the annex's partner."""
        return Withdrawals(_engine(self.url()), SYSTEM_CLOCK.now, annex.partner, Client.of(annex))

    def alerts(self) -> Alerts:
        """The alerts that are still to be sent."""
        return Alerts(_engine(self.url()), SYSTEM_CLOCK.now)

    def run_alerts(self) -> RunAlerts:
        """Writes alerts about whole runs."""
        return RunAlerts(_engine(self.url()), SYSTEM_CLOCK.now)

    def alert_sentences(self, annex: Annex) -> tuple[str, ...]:
        """A sentence for each problem of the annex's client now, from whichever run."""
        reader = api_folder_of(annex) if annex.pull is not None else None
        return self.alerts().sentences_of(Client.of(annex), reader)

    def names_like(self, partner: str, names: Collection[str]) -> list[str]:
        """The external_ids of the partner that may be meant by these names, and those of the names that there are."""
        with _engine(self.url()).connect() as connection:
            return sorted(names_like(connection, [partner], names, SYSTEM_CLOCK.now()))

    def trail(self) -> Trail:
        """The events, and those that are still to be shipped."""
        return Trail(_engine(self.url()), SYSTEM_CLOCK.now)

    def api_calls(self) -> ApiCallWriter:
        """Writes and deletes calls of the delivery API."""
        return ApiCallWriter(_engine(self.url()), SYSTEM_CLOCK.now)

    def api_call_outbox(self) -> ApiCallOutbox:
        """The calls of the delivery API that are still to be shipped."""
        return ApiCallOutbox(_engine(self.url()), SYSTEM_CLOCK.now)

    def publications(self, partner: str, feed: str) -> Publications:
        """The publications of a feed."""
        return Publications(_engine(self.url()), SYSTEM_CLOCK.now, partner, feed)

    def exposures(self, annex: Annex) -> Exposures:
        """What the annex's partner, which pulls, is shown."""
        return Exposures(_engine(self.url()), annex.partner)

    def engine(self) -> Engine:
        """The ledger's database, for questions and steps that have no other door."""
        return _engine(self.url())

    def url(self) -> URL:
        """The database's address."""
        connection = self.get_connection(self._conn_id)
        mask_of(connection)
        if connection.conn_type == "sqlite":
            return URL.create("sqlite", database=connection.host or connection.schema)
        if connection.conn_type in ("postgres", "postgresql"):
            return URL.create(
                "postgresql+psycopg2",
                username=connection.login,
                password=connection.password,
                host=connection.host,
                port=connection.port,
                database=connection.schema,
                query={key: str(value) for key, value in connection.extra_dejson.items()},
            )
        raise ConfigurationInvalid(
            f"the connection {self._conn_id} is of type {connection.conn_type!r}; the ledger needs sqlite or postgres"
        )


def ledger_url() -> URL | None:
    """The address of the connection `delivery_ledger`; None where Airflow has no such connection."""
    try:
        return LedgerHook().url()
    except AirflowNotFoundException:
        return None


@lru_cache(maxsize=4)
def _engine(url: URL) -> Engine:
    mask = SecretMask.of(url.password, f"{url.username}:{url.password}" if url.password else None)
    with mask.errors():
        engine = open_engine(url)
    listen(engine, "handle_error", lambda context: _clean(mask, context))
    return engine


def _clean(mask: SecretMask, context: ExceptionContext) -> None:
    """Masks secrets in the messages of the database and its driver."""
    for error in (context.original_exception, context.sqlalchemy_exception):
        if error is not None:
            mask.clean(error)
