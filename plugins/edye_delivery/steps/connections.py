"""Checks the connections that a run will use before any work; one sentence names all that are missing or unusable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowException, AirflowNotFoundException

from edye_delivery.annex.channels import api_channel_of, feeds_of, ftp_channel_of, pull_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.errors import ConfigurationInvalid
from edye_delivery.hooks import artifacts, edye, jw_player, ledger
from edye_delivery.hooks.delivery_api import DeliveryApiHook
from edye_delivery.hooks.ingest import IngestHook
from edye_delivery.pipeline.withdraw import endpoint_for


@dataclass(frozen=True, slots=True)
class Need:
    """A connection, its purpose, and the fields that it needs by type of connection.

    `check` raises ConfigurationInvalid where the connection does not fit the annex.
    """

    conn_id: str
    purpose: str
    takes: tuple[tuple[str, str], ...]
    check: Callable[[], None] = lambda: None


@dataclass(frozen=True, slots=True)
class ConnectionCheck:
    """What Airflow has for a need: the connection's type, None where it has none, empty where it cannot be read.

    `missing_field` names what the connection lacks; no value of a connection is here.
    """

    need: Need
    conn_type: str | None
    is_fit: bool
    missing_field: str


HTTP = (("http", "host, port, and the token as password"),)
JW_PLAYER = (("http", "host, the API secret as password, and the extra site_id"),)
FTP = (("ftp", "host, port, login and password"),)
BUCKET = (("aws", "key and secret as login and password, and the extra bucket_name"),)
FOLDER = (("fs", "the extra path"),)
STORE = (*FOLDER, *BUCKET)
DATABASE = (("sqlite", "the file as host"), ("postgres", "host, port, login, password, and the database as schema"))
SAME_TYPE = {"https": "http", "file": "fs", "s3": "aws", "postgresql": "postgres"}


def needs_of(annex: Annex, request: RunRequest) -> list[Need]:
    """Every connection that the run needs, each once; it needs neither `alerts` nor `ingesta_logs`."""
    needs = [
        Need(artifacts.CONN_ID, "the files of its steps", STORE),
        Need(ledger.CONN_ID, "the ledger", DATABASE),
    ]
    if request.withdrawal is None:
        needs.append(Need(edye.CONN_ID, "the catalogue and its media", HTTP))
    if not request.dry_run:
        needs += _partner_needs(annex, request)
        needs += [Need(feed.conn_id, "the bucket of the feeds", BUCKET) for feed in feeds_of(annex, request.channel)]
    return list({need.conn_id: need for need in needs}.values())


def jw_needs_of(partner: str) -> list[Need]:
    """Every connection that a comparison with JW Player needs; the ledger only where a partner is compared too."""
    needs = [
        Need(artifacts.CONN_ID, "the files of its steps", STORE),
        Need(edye.CONN_ID, "the catalogue", HTTP),
        Need(jw_player.CONN_ID, "JW Player", JW_PLAYER),
    ]
    return [*needs, *([Need(ledger.CONN_ID, "the ledger", DATABASE)] if partner else [])]


def refuse_unusable(needs: Iterable[Need]) -> None:
    """ConfigurationInvalid that names every connection that is missing, of a wrong type, or without what it needs."""
    complaints = [sentence for need in needs if (sentence := _complaint(need))]
    if complaints:
        raise ConfigurationInvalid(
            f"the run cannot begin: {'; '.join(complaints)}. Correct them in Airflow under Admin, Connections, or "
            "where this installation keeps its secrets, and clear the run"
        )


def annex_needs(annex: Annex) -> list[Need]:
    """Every connection that runs of the partner may need, on all its channels, each once."""
    needs = [
        Need(artifacts.CONN_ID, "the files of its steps", STORE),
        Need(ledger.CONN_ID, "the ledger", DATABASE),
        Need(edye.CONN_ID, "the catalogue and its media", HTTP),
    ]
    for channel, section in ((Channel.API, annex.api), (Channel.FTP, annex.ftp), (Channel.PULL, annex.pull)):
        needs += _channel_needs(annex, channel) if section is not None else ()
    needs += [Need(feed.conn_id, "the bucket of the feeds", BUCKET) for feed in annex.feeds]
    return list({need.conn_id: need for need in needs}.values())


def connection_check(need: Need) -> ConnectionCheck:
    """Whether the connection is there and of a type that fits; of the connection it says the type alone."""
    try:
        return _check_of(need)
    except (AirflowException, ValueError, TypeError):  # a variable that is no connection, or a key that was changed
        return ConnectionCheck(need, "", is_fit=False, missing_field="")


def _check_of(need: Need) -> ConnectionCheck:
    try:
        connection = BaseHook.get_connection(need.conn_id)
    except AirflowNotFoundException:
        return ConnectionCheck(need, None, is_fit=False, missing_field="")
    kind = SAME_TYPE.get(connection.conn_type, connection.conn_type)
    is_known = kind in dict(need.takes)
    missing_field = _missing_field_of(kind, connection) if is_known else ""
    return ConnectionCheck(need, str(connection.conn_type), is_fit=is_known, missing_field=missing_field)


def _partner_needs(annex: Annex, request: RunRequest) -> Iterator[Need]:
    if request.withdrawal is None:
        yield from _channel_needs(annex, request.channel)
    elif endpoint_for(annex, request) is not None:
        yield Need(api_channel_of(annex).conn_id, f"telling {annex.display_name}", HTTP)


def _channel_needs(annex: Annex, channel: Channel) -> Iterator[Need]:
    if channel is Channel.PULL:
        pull = pull_channel_of(annex)
        yield Need(pull.store_conn_id, "the generations that the delivery API serves", STORE)
        yield Need(
            pull.check.conn_id, "the delivery API, for the exposure check", HTTP, DeliveryApiHook(annex).check_token
        )
        if pull.thumbnails:
            yield Need(pull.thumbnails_conn_id, "the bucket of the thumbnails", BUCKET)
    elif channel is Channel.API:
        purpose = f"the ingest API of {annex.display_name}"
        yield Need(api_channel_of(annex).conn_id, purpose, HTTP, IngestHook(annex).check_timeout)
    else:
        yield Need(ftp_channel_of(annex).conn_id, f"the FTP server of {annex.display_name}", FTP)


def _complaint(need: Need) -> str:
    needed_fields = " or ".join(f"type {kind} with {fields}" for kind, fields in need.takes)
    name = f"the connection {need.conn_id} ({need.purpose}: {needed_fields})"
    found = _check_of(need)
    if found.conn_type is None:
        return f"{name} is missing"
    if not found.is_fit:
        return f"{name} is of type {found.conn_type!r:.40}"
    if found.missing_field:
        return f"{name} has no {found.missing_field}"
    try:
        need.check()
    except ConfigurationInvalid as error:
        return str(error)
    return ""


def _missing_field_of(kind: str, connection: Connection) -> str:
    """The first field that the connection lacks; empty where it has all."""
    extra = connection.extra_dejson if isinstance(connection.extra_dejson, dict) else {}
    values = {
        "http": {"host": connection.host},
        "ftp": {"host": connection.host, "login": connection.login},
        "aws": {"extra bucket_name": extra.get("bucket_name")},
        "fs": {"extra path": extra.get("path") or connection.host or connection.schema},
        "sqlite": {"host": connection.host or connection.schema},
        "postgres": {"host": connection.host, "schema": connection.schema},
    }
    return next((name for name, value in values[kind].items() if not value), "")
