"""The connection `jw_player`: the library of videos, by JW Player's Management API and its Delivery API."""

from __future__ import annotations

import httpx

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.clients.jw_player.delivery import JwDelivery
from edye_delivery.clients.jw_player.fields import media_id_of
from edye_delivery.clients.jw_player.limiter import CALLS_A_MINUTE, RequestLimiter
from edye_delivery.clients.jw_player.management import JwManagement
from edye_delivery.errors import ConfigurationInvalid
from edye_delivery.hooks.connection_safety import refuse_plain_http
from edye_delivery.hooks.connection_secrets import HOST_NAME
from edye_delivery.hooks.http_client import SYSTEM_CLOCK, ApiHook, positive_number

CONN_ID = "jw_player"
DELIVERY_HOST = "https://cdn.jwplayer.com"
RETRY_POLICY = RetryPolicy(attempts=5, base_s=1.0, cap_s=30.0, retry_after_max_s=120.0)


class JwPlayerHook(ApiHook):
    """One site of JW Player: the API secret is the connection's password, and extra `site_id` names the site.

    Further extras: `delivery_host` (default: https://cdn.jwplayer.com), `signing_secret` where the site asks for signed
    addresses, `calls_a_minute` (60).
    """

    def __init__(self, conn_id: str = CONN_ID) -> None:
        super().__init__(conn_id)

    def management(self) -> JwManagement:
        """The Management API; ConfigurationInvalid where the connection has no secret or no valid site_id."""
        connection = self.get_connection(self.http_conn_id)
        site_id = media_id_of(connection.extra_dejson.get("site_id"))
        if site_id is None:
            raise ConfigurationInvalid(
                f"the connection {self.http_conn_id}: extra site_id is the site's id at JW Player, 8 letters and digits"
            )
        if not connection.password or connection.login:
            raise ConfigurationInvalid(
                f"the connection {self.http_conn_id}: the password is the API secret of JW Player, without a login"
            )
        most = positive_number(connection.extra_dejson, "calls_a_minute", CALLS_A_MINUTE, self.http_conn_id)
        limiter = RequestLimiter(SYSTEM_CLOCK, max(1, int(most)))
        return JwManagement(self.client(), site_id, RETRY_POLICY, SYSTEM_CLOCK, limiter, self.mask)

    def delivery(self) -> JwDelivery:
        """The Delivery API; it never gets the API secret."""
        extra = self.get_connection(self.http_conn_id).extra_dejson
        host, secret = self._delivery_url(extra.get("delivery_host")), extra.get("signing_secret") or ""
        if not isinstance(secret, str):
            raise ConfigurationInvalid(f"the connection {self.http_conn_id}: extra signing_secret is a text")
        if secret:
            refuse_plain_http(self.http_conn_id, host, extra.get("allow_plain_http"))
        return JwDelivery(self.anonymous_client(), str(host), RETRY_POLICY, SYSTEM_CLOCK, self.mask, secret)

    def _delivery_url(self, value: object) -> httpx.URL:
        text = value.strip() if isinstance(value, str) and value.strip() else DELIVERY_HOST
        try:
            url = httpx.URL(text if "://" in text else f"https://{text}")
        except httpx.InvalidURL:
            url = httpx.URL("")
        if (
            url.scheme not in ("http", "https")
            or not HOST_NAME.fullmatch(url.host)
            or url.userinfo
            or url.query
            or url.fragment
        ):
            raise ConfigurationInvalid(
                f"the connection {self.http_conn_id}: extra delivery_host is a host or an address like {DELIVERY_HOST}"
            )
        return url
