"""A peer that repeats our secret, or a terminal's commands, gets neither into an error, a refusal or a sighting."""

from __future__ import annotations

import json
import traceback
from base64 import b64encode
from urllib.parse import quote

import httpx
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from edye_delivery.clients.edye import EdyeApi
from edye_delivery.clients.feed_store import S3FeedStore
from edye_delivery.clients.ftp_control import FtpAccount
from edye_delivery.clients.http import exchange
from edye_delivery.clients.ingest import IngestApi, MediaBody, Refusal, Upload, read_status, status_request
from edye_delivery.clients.secret_mask import MASK, SecretMask
from edye_delivery.errors import AnswerMalformed, CatalogueRefused, ConfigurationInvalid, Transient
from tests.builders import the_annex
from tests.unit.clients.transport import NOW, RETRY_POLICY, Slept, client_of

SECRET = "p@rtner/t0ken+9f8e7d"
ECHOES = {
    "plain": SECRET,
    "header": f"Bearer {SECRET}",
    "base64": b64encode(SECRET.encode()).decode(),
    "basic": b64encode(f"edye:{SECRET}".encode()).decode(),
    "percent": quote(SECRET, safe=""),
    "url": f"https://edye:{quote(SECRET, safe='')}@partner.example/v1",
    "json in json": json.dumps({"Authorization": SECRET}).replace("/", "\\/"),
    "cut by our bound": "x" * 490 + SECRET,
    "a terminal's commands": f"\x1b[2J\u202e\r\nINFO {SECRET}",
}
MASKED = SecretMask.of(SECRET, f"edye:{SECRET}")


@pytest.fixture(params=ECHOES)
def echo(request):
    return ECHOES[request.param]


def holds_nothing(echo: str, *told: str) -> bool:
    text = " ".join(told)
    assert SECRET not in text
    assert SECRET[:8] not in text
    assert echo not in text
    assert not MASKED.holds(text)
    return text.isprintable()


def refusing(status: int, body: object):
    return client_of(lambda request: httpx.Response(status, json=body))


def an_upload() -> Upload:
    return Upload("k" * 64, "r", "a.mp4", {}, MediaBody(1, [b"x"]))


@pytest.mark.parametrize("status", [400, 422, 200])
def test_a_refused_upload(echo, status):
    body = {"status": "error", "error": {"code": echo, "message": echo}}
    answer = IngestApi(refusing(status, body), the_annex(), Slept().clock(), MASKED).send(an_upload())
    assert isinstance(answer, Refusal)
    assert holds_nothing(echo, answer.code, answer.text, answer.sentence)


def test_a_status_that_is_an_error(echo):
    client = refusing(200, {"status": "error", "error": {"message": echo}})
    request = status_request(client, the_annex().api, "t-1")
    status = read_status(the_annex(), "t-1", exchange(client, request, "it", mask=MASKED), NOW)
    assert holds_nothing(echo, status.refusal.text, status.refusal.sentence)


def test_a_tracking_id_that_repeats_our_secret_is_none():
    client = refusing(200, {"status": "received", "tracking_id": f"id-{SECRET}", "id": f"id-{SECRET}"})
    with pytest.raises(AnswerMalformed, match="tracking id that repeats our own secret") as raised:
        IngestApi(client, the_annex(), Slept().clock(), MASKED).send(an_upload())
    assert SECRET not in str(raised.value)


def test_a_catalogue_that_refuses(echo):
    api = EdyeApi(client_of(lambda request: httpx.Response(400, text=echo)), RETRY_POLICY, Slept().clock(), 50, MASKED)
    with pytest.raises(CatalogueRefused) as raised:
        api.shows(None)
    assert holds_nothing(echo, str(raised.value))


def test_an_exception_of_the_library_in_sentence_and_traceback(echo):
    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.RemoteProtocolError(f"illegal header line: {echo}")

    with pytest.raises(Transient) as raised:
        exchange(client_of(broken), httpx.Request("GET", "http://api.example"), "the partner", mask=MASKED)
    shown = [line for line in traceback.format_exception(raised.value) if "    raise " not in line]
    assert holds_nothing(echo, str(raised.value))
    assert not MASKED.holds("".join(shown))
    assert "\x1b" not in "".join(shown)


class Refuses:
    """An S3 client that answers every call with an error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str):
        def call(**_: object) -> None:
            raise self._error

        return call


@pytest.mark.parametrize("call", ["get", "sha256_of", "delete", "put"])
def test_a_bucket_that_refuses(echo, call):
    error = ClientError({"Error": {"Code": "AccessDenied", "Message": echo}, "ResponseMetadata": {}}, "GetObject")
    store = S3FeedStore(Refuses(error), "edye-feeds", "", "https://feeds.example", MASKED)
    arguments = {"get": ("a",), "sha256_of": ("a",), "delete": (["a"],), "put": ("a", b"", "", "")}[call]
    with pytest.raises(ConfigurationInvalid, match="AccessDenied") as raised:
        getattr(store, call)(*arguments)
    assert holds_nothing(echo, str(raised.value))
    assert holds_nothing(echo, str(raised.value.__cause__))


def test_a_bucket_that_cannot_be_reached_under_an_address_with_a_password():
    error = EndpointConnectionError(endpoint_url=f"https://edye:{SECRET}@s3.example")
    with pytest.raises(Transient) as raised:
        S3FeedStore(Refuses(error), "edye-feeds", "", "https://feeds.example", MASKED).get("a")
    assert holds_nothing(
        SECRET, str(raised.value), "".join(traceback.format_exception(raised.value.__cause__)[-1:]).strip()
    )


def test_an_account_knows_its_password_alone_and_with_its_login():
    mask = FtpAccount("a", 21, "edye", SECRET).mask
    assert mask.mask(f"{SECRET} {b64encode(f'edye:{SECRET}'.encode()).decode()}") == f"{MASK} {MASK}"
    assert FtpAccount("a", 21, "edye", "").mask.mask("edye: no password") == "edye: no password"
