"""A partner's ingest API, by the connection that its annex names."""

from __future__ import annotations

import math

from edye_delivery.annex.channels import api_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.clients.ingest import IngestApi
from edye_delivery.hooks.http_client import SYSTEM_TEMPO, ApiHook


class IngestHook(ApiHook):
    """The partner's API with the connection's token."""

    def __init__(self, annex: Annex) -> None:
        super().__init__(api_channel_of(annex).conn_id)
        self._annex = annex

    def api(self, ends_at_s: float = math.inf) -> IngestApi:
        """The upload client; each call is tried once, whoever calls it writes the ledger between tries.

        No call goes on after `ends_at_s` on the monotonic clock.
        """
        client = self.client(api_channel_of(self._annex).answer_timeout_s)
        return IngestApi(client, self._annex, SYSTEM_TEMPO, self.mask, ends_at_s)
