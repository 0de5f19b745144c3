"""The connection with the public address of the delivery API, as the exposure check uses it."""

from __future__ import annotations

import httpx

from edye_delivery.annex.channels import api_folder_of, pull_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.degradation import Probe
from edye_delivery.clients.bounds import ANSWER_S
from edye_delivery.clients.delivery_api.probe import probe_health
from edye_delivery.clients.secret_mask import SecretMask
from edye_delivery.errors import ConfigurationInvalid
from edye_delivery.hooks.connection_safety import refuse_plain_http
from edye_delivery.hooks.http_client import SYSTEM_CLOCK, ApiHook
from edye_delivery.hooks.log_guard import guard_logs

TOKENS = "tokens"


class DeliveryApiHook(ApiHook):
    """The delivery API in the name of one partner's user.

    The token is in the connection's extra `tokens`, by partner, else it is the password.
    """

    def __init__(self, annex: Annex) -> None:
        check = pull_channel_of(annex).check
        super().__init__(check.conn_id)
        self._partner, self._user = api_folder_of(annex), check.user

    def check_token(self) -> None:
        """ConfigurationInvalid where the connection has no token for the partner."""
        self._token()

    def client(self, answer_timeout_s: float = ANSWER_S) -> httpx.Client:
        """A client on the API's public address with the partner's token."""
        token = self._token()
        refuse_plain_http(
            self.http_conn_id,
            self.url(),
            self.get_connection(self.http_conn_id).extra_dejson.get("allow_plain_http"),
        )
        settings = self._settings(answer_timeout_s)
        return httpx.Client(**settings | {"headers": settings["headers"] | {"Authorization": f"Bearer {token}"}})

    def probe(self, timeout_s: float) -> Probe:
        """Whether the API says that it is well, within the timeout; needs no token, and gives none."""
        with self.anonymous_client(timeout_s) as client:
            return probe_health(client, self.url(), SYSTEM_CLOCK, timeout_s, self.mask)

    @property
    def mask(self) -> SecretMask:
        """The secrets that the connection's clients must not repeat; all partners' tokens are among them."""
        connection = self.get_connection(self.http_conn_id)
        tokens = [str(token) for token in self._tokens().values() if token]
        guard_logs(frozenset(tokens))
        return SecretMask.of(connection.password, *tokens)

    def _token(self) -> str:
        connection = self.get_connection(self.http_conn_id)
        token = self._tokens().get(self._partner) or connection.password
        if not token:
            raise ConfigurationInvalid(
                f"the connection {self.http_conn_id} has no token for {self._partner}: make one with `python -m "
                f"edye_delivery users add --partner {self._partner} --user {self._user}`, and put it into the "
                f'connection\'s extra tokens, as {{"tokens": {{"{self._partner}": "..."}}}}'
            )
        return str(token)

    def _tokens(self) -> dict[str, object]:
        tokens = self.get_connection(self.http_conn_id).extra_dejson.get(TOKENS, {})
        if not isinstance(tokens, dict):
            raise ConfigurationInvalid(
                f"the connection {self.http_conn_id}: extra tokens is an object, with a token by partner"
            )
        return tokens
