"""A partner's ingest API, by the connection that its annex names."""

from __future__ import annotations

import math

from edye_delivery.annex.channels import api_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.clients.ingest import IngestApi
from edye_delivery.errors import ConfigurationInvalid
from edye_delivery.hooks.http_client import SYSTEM_CLOCK, ApiHook


class IngestHook(ApiHook):
    """The partner's API with the connection's token."""

    def __init__(self, annex: Annex) -> None:
        super().__init__(api_channel_of(annex).conn_id)
        self._annex = annex

    def api(self, ends_at_s: float = math.inf) -> IngestApi:
        """The upload client; it tries each call once, because the caller writes to the ledger between tries.

        No call runs on after `ends_at_s` on the monotonic clock.
        """
        self.check_timeout()
        client = self.client(api_channel_of(self._annex).answer_timeout_s)
        return IngestApi(client, self._annex, SYSTEM_CLOCK, self.mask, ends_at_s)

    def check_timeout(self) -> None:
        """ConfigurationInvalid where a title's lease could end while its call still waits for an answer."""
        channel = api_channel_of(self._annex)
        timeout_s = self.bounds(channel.answer_timeout_s).answer_s
        if channel.lease_s < 2 * timeout_s:
            raise ConfigurationInvalid(
                f"the connection {channel.conn_id}: extra timeout_s is {timeout_s:g}, and has to be at most half of "
                f"the annex's api.lease_s ({channel.lease_s:g}), else another run could send a title that is "
                "still being sent"
            )
