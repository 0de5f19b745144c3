"""The connection with the folder, or the bucket, from which the delivery API serves generations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.sdk import BaseHook, Connection

from edye_delivery.annex.api import LEAST_RATE_BYTES_S
from edye_delivery.clients.bounds import ANSWER_S, CallBounds
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.errors import ConfigurationInvalid
from edye_delivery.hooks.connection_safety import check_s3
from edye_delivery.hooks.connection_secrets import mask_of
from edye_delivery.hooks.http_client import positive_number
from edye_delivery.hooks.tls import tls_context


class DeliveryApiStoreHook(BaseHook):
    """The store behind a connection of type fs (extra path), or aws.

    Of aws the extras are bucket_name, prefix, endpoint_url, cache (a folder of this machine for copies), timeout_s and
    least_rate_bytes_s (of one call).
    """

    def __init__(self, conn_id: str) -> None:
        super().__init__()
        self._conn_id = conn_id

    def get_conn(self) -> FolderStore:
        """The store; ConfigurationInvalid where the connection does not say where it is."""
        connection = self.get_connection(self._conn_id)
        if connection.conn_type in ("aws", "s3"):
            return self._bucket(connection)
        if connection.conn_type not in ("fs", "file"):
            raise ConfigurationInvalid(
                f"the connection {self._conn_id} is of type {connection.conn_type!r}; generations need fs (a folder "
                "that the workers and the delivery API both see) or aws (a bucket)"
            )
        folder = connection.extra_dejson.get("path") or connection.host or connection.schema
        if not folder:
            raise ConfigurationInvalid(f"the connection {self._conn_id} names no folder (extra path)")
        return FolderStore(Path(folder).absolute())

    def _bucket(self, connection: Connection) -> FolderStore:
        # These load slowly, and a folder does not need them.
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook

        from edye_delivery.clients.s3_bucket import OBJECT_MAX_BYTES, S3Bucket
        from edye_delivery.clients.s3_transport import GENERATIONS, bind_s3, certificates_of
        from edye_delivery.delivery_api.generations.bucket_store import BucketStore

        extra, mask, verify = connection.extra_dejson, mask_of(connection), check_s3(connection)
        bucket, cache = (self._extra_text(extra, key, what) for key, what in EXTRAS.items())
        with mask.errors():
            client = S3Hook(aws_conn_id=self._conn_id, verify=verify).get_conn()
        bounds = CallBounds(
            answer_s=positive_number(extra, "timeout_s", ANSWER_S, self._conn_id),
            least_rate_bytes_s=positive_number(extra, "least_rate_bytes_s", LEAST_RATE_BYTES_S, self._conn_id),
            max_bytes=OBJECT_MAX_BYTES,
        )
        bind_s3(client, bounds, tls_context(self._conn_id, *certificates_of(client)), GENERATIONS)
        return BucketStore(S3Bucket(client, bucket, str(extra.get("prefix", "")), mask), Path(cache).absolute())

    def _extra_text(self, extra: dict[str, Any], key: str, what: str) -> str:
        found = extra.get(key)
        if not found:
            raise ConfigurationInvalid(f"the connection {self._conn_id} names no {what} (extra {key})")
        return str(found)


EXTRAS = {"bucket_name": "bucket", "cache": "folder of this machine for copies of the bucket's files"}
