"""The connection `jw_player` becomes clients; its secrets go to their own host only, and into no message."""

import json

import pytest

from edye_delivery.errors import AuthRefused, ConfigurationInvalid
from edye_delivery.hooks.jw_player import JwPlayerHook
from tests.unit.clients.local_web import local_web

SECRET, SIGNING = "jw-api-s3cret-01ab", "jw-signing-s3cret-02cd"


@pytest.fixture
def web():
    with local_web() as running:
        yield running


@pytest.fixture
def connect(monkeypatch):
    def connection(origin="https://api.example", **extra):
        given = {"site_id": "siteEDYE", "trust_env": False} | extra
        value = {"conn_type": "http", "host": origin, "password": SECRET, "extra": given}
        monkeypatch.setenv("AIRFLOW_CONN_JW_PLAYER", json.dumps(value))
        return JwPlayerHook()

    return connection


def test_the_secret_is_a_bearer_token_and_no_extra_is_a_header(connect, web):
    page = {"media": [], "page": 1, "page_length": 1, "total": 0}
    web.put("/v2/sites/siteEDYE/media/?page=1&page_length=1&sort=created%3Aasc", json.dumps(page).encode())
    connect(web.origin, signing_secret=SIGNING, delivery_host="x.example").management().media_page(length=1)
    (headers,) = web.headers
    assert headers["authorization"] == f"Bearer {SECRET}"
    assert not headers.keys() & {"site_id", "delivery_host", "signing_secret", "calls_a_minute"}


def test_the_delivery_host_gets_a_token_and_neither_secret(connect, web):
    assert connect(delivery_host=web.origin, signing_secret=SIGNING).delivery().media("aaaaaaa1") is None
    assert "?token=eyJ" in web.asked[0]
    assert "authorization" not in web.headers[0]
    assert SECRET not in str(web.headers) + web.asked[0]
    assert SIGNING not in str(web.headers) + web.asked[0]


def test_a_peer_that_repeats_the_secret_gets_it_into_no_error(connect, web):
    web.put("/v2/sites/siteEDYE/media/aaaaaaa1/", f"wrong: {SECRET}".encode(), 401)
    with pytest.raises(AuthRefused, match="JW Player") as raised:
        connect(web.origin).management().media("aaaaaaa1")
    assert SECRET not in str(raised.value)


def test_both_secrets_are_masked(connect):
    hook = connect(signing_secret=SIGNING)
    assert hook.mask.mask(f"{SECRET} {SIGNING} siteEDYE") == "*** *** siteEDYE"


@pytest.mark.parametrize("site_id", [None, "", "short", "../../x1", "siteEDYE1", 12345678])
def test_a_site_id_that_is_none_is_a_sentence(connect, site_id):
    with pytest.raises(ConfigurationInvalid, match="extra site_id is the site's id"):
        connect(site_id=site_id).management()


@pytest.mark.parametrize(
    "host", ["ftp://x.example", "https://", "https://u:p@x.example", "https://x.example?a=b", "h t"]
)
def test_a_delivery_host_that_is_none_is_a_sentence(connect, host):
    with pytest.raises(ConfigurationInvalid, match="extra delivery_host is a host or an address"):
        connect(delivery_host=host).delivery()


def test_a_signed_address_never_goes_over_plain_http_to_another_machine(connect):
    with pytest.raises(ConfigurationInvalid, match=r"over plain http to cdn\.example"):
        connect(delivery_host="http://cdn.example", signing_secret=SIGNING).delivery()


@pytest.mark.parametrize("value", [0, -1, "many"])
def test_calls_a_minute_are_a_number_above_zero(connect, value):
    with pytest.raises(ConfigurationInvalid, match="calls_a_minute is a number above 0"):
        connect(calls_a_minute=value).management()
