"""The connection of a feed's store: S3, or a service with its protocol."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx
from airflow.providers.amazon.aws.hooks.s3 import S3Hook
from airflow.sdk import BaseHook

from edye_delivery.annex.api import LEAST_RATE_BYTES_S
from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.catalog.feed_records import FEED_PAGE_MAX_BYTES
from edye_delivery.clients.bounds import ANSWER_S, CallBounds
from edye_delivery.clients.feed_pages import FeedPages, PageBounds, PageUnreadable
from edye_delivery.clients.feed_store import S3FeedStore
from edye_delivery.clients.public_hosts import HostGuard
from edye_delivery.clients.s3_transport import bind_s3, certificates_of
from edye_delivery.errors import ConfigurationInvalid, Transient
from edye_delivery.hooks.connection_safety import check_s3
from edye_delivery.hooks.connection_secrets import mask_of
from edye_delivery.hooks.http_client import positive_number
from edye_delivery.hooks.tls import tls_context

PAGE_BOUNDS = PageBounds(FEED_PAGE_MAX_BYTES)


@dataclass(frozen=True, slots=True)
class PublicFolder:
    """A folder of published files in the bucket of a connection."""

    conn_id: str
    prefix: str


class FeedStoreHook(BaseHook):
    """The store behind a connection of type aws.

    Extras: bucket_name, public_url (where readers find the bucket; without it the endpoint and the bucket), prefix,
    trust_env (false: no proxy of the environment when reading back), timeout_s and least_rate_bytes_s (of one call).
    """

    def __init__(self, spec: FeedSpec | PublicFolder) -> None:
        super().__init__()
        self._spec = spec

    def fetch(self, url: str, bounds: PageBounds = PAGE_BOUNDS) -> bytes:
        """A published page as readers get it, without credentials or redirects; Transient where it does not arrive."""
        return asyncio.run(self._fetch(url, bounds))

    async def _fetch(self, url: str, bounds: PageBounds) -> bytes:
        trust_env = bool(self.get_connection(self._spec.conn_id).extra_dejson.get("trust_env", True))
        guard = HostGuard(lambda _: (), private_allowed=True)  # the address is our own connection's
        async with httpx.AsyncClient(timeout=self._bounds().answer_s, trust_env=trust_env) as client:
            try:
                return await FeedPages(client, guard, bounds).fetch(url, frozenset())
            except PageUnreadable as error:
                raise Transient(str(error)) from error

    def url(self, name: str) -> str:
        """The address at which readers find the object of this name; ConfigurationInvalid where nothing says it."""
        _, prefix, public_url = self._places()
        return f"{public_url.rstrip('/')}/{prefix}/{name}" if prefix else f"{public_url.rstrip('/')}/{name}"

    def get_conn(self) -> S3FeedStore:
        """The store, at the feed's prefix below the connection's."""
        conn_id = self._spec.conn_id
        connection = self.get_connection(conn_id)
        bucket, prefix, public_url = self._places()
        verify = check_s3(connection)
        mask = mask_of(connection)
        with mask.errors():
            client = S3Hook(aws_conn_id=conn_id, verify=verify).get_conn()
        bind_s3(client, self._bounds(), tls_context(conn_id, *certificates_of(client)))
        return S3FeedStore(client, bucket, prefix, public_url, mask)

    def _places(self) -> tuple[str, str, str]:
        """The bucket, the prefix in it, and the address at which readers find the bucket."""
        extra = self.get_connection(self._spec.conn_id).extra_dejson
        bucket = extra.get("bucket_name")
        if not bucket:
            raise ConfigurationInvalid(f"the connection {self._spec.conn_id} names no bucket (extra bucket_name)")
        public_url = extra.get("public_url")
        if not public_url:
            endpoint = str(extra.get("endpoint_url") or "https://s3.amazonaws.com").rstrip("/")
            public_url = f"{endpoint}/{bucket}"
        prefix = "/".join(part for part in (str(extra.get("prefix", "")).strip("/"), self._spec.prefix) if part)
        return str(bucket), prefix.strip("/"), str(public_url)

    def _bounds(self) -> CallBounds:
        conn_id = self._spec.conn_id
        extra = self.get_connection(conn_id).extra_dejson
        return CallBounds(
            answer_s=positive_number(extra, "timeout_s", ANSWER_S, conn_id),
            least_rate_bytes_s=positive_number(extra, "least_rate_bytes_s", LEAST_RATE_BYTES_S, conn_id),
            max_bytes=FEED_PAGE_MAX_BYTES,
        )
