"""Asks the delivery API where its stable addresses of media files lead (annex/signed_media.py)."""

from __future__ import annotations

from dataclasses import dataclass

from edye_delivery.annex.signed_media import SignedMedia, address_of, without_signature
from edye_delivery.clients.delivery_api.client import DeliveryApi
from edye_delivery.errors import MediaUnavailable, UrlRefused

FOUND, DEGRADED = 302, 503


@dataclass(frozen=True, slots=True)
class RedirectReader:
    """Reads redirects in the name of the check's user; no signature is in a sentence."""

    api: DeliveryApi
    signed: SignedMedia

    def target_of(self, address: str) -> str:
        """The signed address; another than ours is returned as it is.

        MediaUnavailable where our API does not redirect, UrlRefused where it leads elsewhere than the address says.
        """
        if not self.signed.is_ours(address):
            return address
        if not self.api.is_at(self.signed.base_url):
            raise UrlRefused(
                f"its address begins with {self.signed.base_url} (pull.signed_media.base_url of the annex), which is "
                "not the address of the connection that the check asks (pull.check.conn_id)"
            )
        answer = self.api.redirect(address)
        if answer.status == DEGRADED:
            raise MediaUnavailable("our API answered 503: it may lack EDYE_JW_SIGNING_SECRET, see the log of serve-api")
        if answer.status != FOUND:
            raise MediaUnavailable(f"our API answered {answer.status}, expected a redirect ({FOUND})")
        expected = address_of(address.rpartition("/")[2])
        if expected is None or without_signature(answer.location) != expected:
            raise UrlRefused("our API redirects to another file than its address says")
        if not self.signed.has_host_of(answer.location):
            raise UrlRefused("our API redirects to a host that pull.signed_media.hosts of the annex does not name")
        if "no-store" not in answer.cache_control:
            raise UrlRefused("our API redirects without Cache-Control: no-store, so a signature may be kept too long")
        return answer.location
