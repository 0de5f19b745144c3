"""The connections that a run will use, looked up before any work: all that are missing or of no use in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from airflow.sdk import BaseHook, Connection
from airflow.sdk.exceptions import AirflowNotFoundException

from edye_delivery.annex.channels import api_channel_of, feeds_of, ftp_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.errors import ConfigurationInvalid
from edye_delivery.hooks import artifacts, edye, ledger
from edye_delivery.hooks.ingest import IngestHook
from edye_delivery.pipeline.withdraw import endpoint_for


@dataclass(frozen=True, slots=True)
class Need:
    """A connection, what it is for, and what it takes: its fields by type of connection.

    `check` raises ConfigurationInvalid where the connection does not go with the annex.
    """

    conn_id: str
    purpose: str
    takes: tuple[tuple[str, str], ...]
    check: Callable[[], None] = lambda: None


HTTP = (("http", "host, port, and the token as password"),)
FTP = (("ftp", "host, port, login and password"),)
BUCKET = (("aws", "key and secret as login and password, and the extra bucket_name"),)
STORE = (("fs", "the extra path"), *BUCKET)
DATABASE = (("sqlite", "the file as host"), ("postgres", "host, port, login, password, and the database as schema"))
SAME_TYPE = {"https": "http", "file": "fs", "s3": "aws", "postgresql": "postgres"}


def needs_of(annex: Annex, request: RunRequest) -> list[Need]:
    """Every connection that the run cannot do without, each once; `alerts` and `ingesta_logs` are none of them."""
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


def refuse_unusable(needs: Iterable[Need]) -> None:
    """ConfigurationInvalid that names every connection that is missing, of a wrong type, or without what it needs."""
    told = [sentence for need in needs if (sentence := _complaint(need))]
    if told:
        raise ConfigurationInvalid(
            f"the run cannot begin: {'; '.join(told)}. Put them right in Airflow under Admin, Connections, or where "
            "this installation keeps its secrets, and clear the run"
        )


def _partner_needs(annex: Annex, request: RunRequest) -> Iterator[Need]:
    if request.withdrawal is not None:
        if endpoint_for(annex, request) is not None:
            yield Need(api_channel_of(annex).conn_id, f"telling {annex.display_name}", HTTP)
    elif request.channel is Channel.API:
        purpose = f"the ingest API of {annex.display_name}"
        yield Need(api_channel_of(annex).conn_id, purpose, HTTP, IngestHook(annex).check_timeout)
    else:
        yield Need(ftp_channel_of(annex).conn_id, f"the FTP server of {annex.display_name}", FTP)


def _complaint(need: Need) -> str:
    wanted = " or ".join(f"type {kind} with {fields}" for kind, fields in need.takes)
    named = f"the connection {need.conn_id} ({need.purpose}: {wanted})"
    try:
        connection = BaseHook.get_connection(need.conn_id)
    except AirflowNotFoundException:
        return f"{named} is missing"
    kind = SAME_TYPE.get(connection.conn_type, connection.conn_type)
    if kind not in dict(need.takes):
        return f"{named} is of type {connection.conn_type!r:.40}"
    if lacking := _lacking(kind, connection):
        return f"{named} has no {lacking}"
    try:
        need.check()
    except ConfigurationInvalid as error:
        return str(error)
    return ""


def _lacking(kind: str, connection: Connection) -> str:
    """The first thing without which nothing can be reached; empty where all is there."""
    extra = connection.extra_dejson
    held = {
        "http": {"host": connection.host},
        "ftp": {"host": connection.host, "login": connection.login},
        "aws": {"extra bucket_name": extra.get("bucket_name")},
        "fs": {"extra path": extra.get("path") or connection.host or connection.schema},
        "sqlite": {"host": connection.host or connection.schema},
        "postgres": {"host": connection.host, "schema": connection.schema},
    }
    return next((name for name, value in held[kind].items() if not value), "")
