"""The connection `edye_api`: the catalogue's API and the media host behind it."""

from __future__ import annotations

import math
from dataclasses import replace

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.annex.model import Annex, CatalogueFilter
from edye_delivery.clients.catalogue_items import ListBounds
from edye_delivery.clients.edye import EdyeApi
from edye_delivery.clients.media import MediaHost
from edye_delivery.hooks.http_client import SYSTEM_CLOCK, ApiHook

CONN_ID = "edye_api"
RETRY_POLICY = RetryPolicy(attempts=5, base_s=1.0, cap_s=30.0, retry_after_max_s=120.0)


class EdyeHook(ApiHook):
    """The catalogue and the media of EDYE, with one annex's limits."""

    def __init__(self, conn_id: str = CONN_ID) -> None:
        super().__init__(conn_id)

    def api(self, annex: Annex) -> EdyeApi:
        """The content API."""
        return self.api_within(annex.catalogue)

    def api_within(self, catalogue: CatalogueFilter) -> EdyeApi:
        """The content API, with this page size and these bounds of lists."""
        bounds = ListBounds(catalogue.items_max, catalogue.bytes_max)
        return EdyeApi(self.client(), RETRY_POLICY, SYSTEM_CLOCK, catalogue.page_size, self.mask, bounds)

    def media_host(self, annex: Annex, ends_at_s: float = math.inf) -> MediaHost:
        """Media files and pictures; no token is sent, and only hosts on the allow-list are opened.

        No call runs on after `ends_at_s` on the monotonic clock.
        """
        hosts = frozenset(host.lower() for host in (*self.allowed_hosts, *annex.catalogue.media_hosts))
        return MediaHost(
            self.anonymous_client(), hosts, RETRY_POLICY, SYSTEM_CLOCK, replace(self.bounds(), ends_at_s=ends_at_s)
        )
