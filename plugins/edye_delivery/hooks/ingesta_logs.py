"""The connection `ingesta_logs`: Elasticsearch (type http), or a folder of JSON lines."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from airflow.sdk import BaseHook, Connection, ObjectStoragePath
from airflow.sdk.exceptions import AirflowNotFoundException
from elasticsearch import Elasticsearch

from edye_delivery.catalog.event import Id, Shippable, documents_of
from edye_delivery.clients.elastic import Arrival, ElasticSink
from edye_delivery.clients.elastic_node import BoundedNode
from edye_delivery.errors import ConfigurationInvalid
from edye_delivery.hooks.artifacts import ArtifactHook, ArtifactStore
from edye_delivery.hooks.connection_safety import refuse_plain_http, verify_of
from edye_delivery.hooks.connection_secrets import carries_credential, mask_of
from edye_delivery.hooks.http_client import ApiHook, positive_number
from edye_delivery.hooks.tls import tls_context
from edye_delivery.pipeline.ship_events import EventSink

log = logging.getLogger(__name__)
CONN_ID = "ingesta_logs"
ELASTIC_FOLDER = Path(__file__).parents[1] / "include" / "elastic"
ANSWER_TIMEOUT_S = 60.0
PORTS = {"http": 80, "https": 443}


class FolderSink:
    """One file of JSON lines for each shipment, whole or not at all, named by its first event.

    A repeated shipment writes the same file again; an event has the same `event.id` everywhere.
    """

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store

    def prepare(self) -> None:
        """Does nothing: the folder is made with its first file."""

    def put(self, events: Sequence[Shippable[Id]]) -> Arrival[Id]:
        """Writes all events to one file; refuses an event that JSON cannot express."""
        first = events[0]
        documents, refused = documents_of(events)
        lines = b"".join(document + b"\n" for document in documents.values())
        if lines:
            self._store.put(f"{first.at:%Y-%m-%d}/{first.file_stem}.jsonl", lines)
        return Arrival(arrived=list(documents), refused=refused)


class IngestaLogsHook(BaseHook):
    """Sends events to Elasticsearch (type http: host, port, schema; password alone is an API key), else to a folder.

    The folder is that of a connection of type fs, or a bucket of type aws (as for `artifact_store`); without a
    connection it is `ingesta_logs` below AIRFLOW_HOME.
    """

    def __init__(self, conn_id: str = CONN_ID) -> None:
        super().__init__()
        self._conn_id = conn_id

    def sink(self) -> EventSink:
        """Where events go."""
        try:
            connection = self.get_connection(self._conn_id)
        except AirflowNotFoundException:
            folder = Path(os.environ.get("AIRFLOW_HOME", "~/airflow")).expanduser() / "ingesta_logs"
            log.info("there is no connection %s, so events go to %s", self._conn_id, folder)
            return FolderSink(ArtifactStore(ObjectStoragePath(f"file://{folder.absolute()}")))
        if connection.conn_type in ("http", "https"):
            template, lifecycle = _settings("index_template"), _settings("lifecycle")
            return ElasticSink(_client(self._conn_id, connection), template, lifecycle, mask_of(connection))
        if connection.conn_type in ("fs", "file", "aws", "s3"):
            return FolderSink(ArtifactHook(self._conn_id).get_conn())
        raise ConfigurationInvalid(
            f"the connection {self._conn_id} is of type {connection.conn_type!r}; events go to http (Elasticsearch), "
            "fs or aws"
        )


def _client(conn_id: str, connection: Connection) -> Elasticsearch:
    extra, url = connection.extra_dejson, ApiHook(conn_id, connection).url()
    if carries_credential(connection):
        refuse_plain_http(conn_id, url, extra.get("allow_plain_http"))
    verify = verify_of(conn_id, extra.get("verify"))
    host = f"[{url.host}]" if ":" in url.host else url.host
    return Elasticsearch(
        hosts=[f"{url.scheme}://{host}:{url.port or PORTS[url.scheme]}{url.path.rstrip('/')}"],
        basic_auth=(connection.login, connection.password or "") if connection.login else None,
        api_key=None if connection.login else connection.password,
        request_timeout=positive_number(extra, "timeout_s", ANSWER_TIMEOUT_S, conn_id),
        node_class=BoundedNode,
        max_retries=0,
        http_compress=True,
        ssl_context=tls_context(conn_id, verify) if url.scheme == "https" else None,
    )


def _settings(name: str) -> dict[str, object]:
    content: dict[str, object] = json.loads((ELASTIC_FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return content
