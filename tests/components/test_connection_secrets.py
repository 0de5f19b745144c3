"""What a connection's clients must not repeat, and that no log of the process does, at whatever level."""

import json
import logging
import sys
import traceback
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest
import structlog
from airflow.sdk import Connection

from edye_delivery.clients.ingest import MediaBody, Upload
from edye_delivery.clients.secret_mask import MASK, SecretMask
from edye_delivery.errors import AnswerMalformed, Transient
from edye_delivery.hooks.connection_secrets import carries_credential, mask_of, secrets_of, secrets_of_service
from edye_delivery.hooks.http_client import ApiHook
from edye_delivery.hooks.ingest import IngestHook
from edye_delivery.hooks.log_guard import guard_logs
from tests.builders import the_annex
from tests.hostile_peer import hostile_peer


def secrets(**fields):
    extra = fields.pop("extra", None)
    return set(secrets_of(Connection(conn_id="c", extra=json.dumps(extra) if extra else None, **fields)))


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"conn_type": "http", "host": "https://a", "password": "tok-1234"}, {"tok-1234"}),
        ({"conn_type": "ftp", "host": "a", "login": "edye", "password": "pw-1234"}, {"pw-1234", "edye:pw-1234"}),
        ({"conn_type": "aws", "login": "AKIA1234", "password": "s3-1234"}, {"AKIA1234", "s3-1234", "AKIA1234:s3-1234"}),
        ({"conn_type": "aws", "extra": {"aws_session_token": "sess-1234", "region_name": "us-east-1"}}, {"sess-1234"}),
        ({"conn_type": "http", "host": "https://u:p%40ss-1@a"}, {"p@ss-1", "u:p@ss-1"}),
        ({"conn_type": "http", "host": "https://u:p4ss-1@[a"}, {"p4ss-1", "u:p4ss-1"}),
        ({"conn_type": "http", "host": "u:p4ss-1@a"}, {"p4ss-1", "u:p4ss-1"}),
        ({"conn_type": "postgres", "login": "e", "password": "db-1234", "extra": {"sslmode": "require"}},
         {"db-1234", "e:db-1234"}),
        ({"conn_type": "http", "extra": {"Authorization": "Bearer hdr-1234"}}, {"Bearer hdr-1234", "hdr-1234"}),
        ({"conn_type": "http", "extra": {"X-Tenant": "edye", "X-Odd": "something-long"}}, {"something-long"}),
        ({"conn_type": "http", "extra": {"verify": False, "timeout_s": 5, "allowed_hosts": ["media.example"]}}, set()),
        ({"conn_type": "http", "extra": {"proxies": {"https": "http://me:prx-1234@proxy:3128"}}},
         {"prx-1234", "me:prx-1234"}),
        ({"conn_type": "sqlite", "host": "/var/lib/ledger.sqlite"}, set()),
    ],
)  # fmt: skip
def test_every_place_of_a_connection_that_holds_a_secret(fields, found):
    assert secrets(**fields) == found


def test_a_packed_api_key_is_known_by_what_is_packed_in_it():
    packed = b64encode(b"key-id:key-secret-1").decode()
    assert {packed, "key-id:key-secret-1", "key-secret-1"} <= secrets(conn_type="http", password=packed)


def test_a_proxy_of_the_environment_is_a_secret_s_place_too(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://me:prx-1234@proxy:3128")
    assert "prx-1234" in secrets(conn_type="http", host="https://a")
    assert "prx-1234" not in secrets(conn_type="http", host="https://a", extra={"trust_env": False})


@pytest.mark.parametrize(
    ("address", "tokens"),
    [
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", {"T1JJ3T3L2", "TIiajkdnlazkcOXrIdevi7FQ"}),
        ("tgram://123456789:abcdefg_hijklmnop/12315544", {"abcdefg_hijklmnop", "123456789"}),
        ("mailto://me:mail-pass@example.com?to=a@b.example", {"mail-pass"}),
        ("jsons://hooks.example.com/services/hook-token-1?%2BX-Token=extra-token-2", {"hook-token-1", "extra-token-2"}),
    ],
)
def test_the_tokens_of_an_alert_s_address(address, tokens):
    found = set(secrets_of_service(address))
    assert tokens | {address} <= found
    assert not found & {"hooks.example.com", "example.com", "localhost"}


@pytest.mark.parametrize(
    ("fields", "carries"),
    [
        ({"password": "x"}, True),
        ({"extra": {"X-Api-Key": "x"}}, True),
        ({"host": "http://user:pw@api.example"}, True),
        ({"host": "http://token@api.example/v1"}, True),
        ({"host": "user:pw@api.example"}, True),
        ({"host": "http://api.example/@home"}, False),
        ({"extra": {"X-Tenant": "edye", "verify": "/ca.pem"}}, False),
        ({}, False),
    ],
)
def test_whether_calls_authenticate(fields, carries):
    extra = fields.pop("extra", None)
    connection = Connection(conn_id="c", conn_type="http", extra=json.dumps(extra) if extra else None, **fields)
    assert carries_credential(connection) is carries


SECRET = "s3cret-word-1"


@contextmanager
def capture_events():
    """The events of structlog as a renderer gets them, their tracebacks as `told`."""
    events = []

    def keep(_logger, _method, event):
        error = sys.exc_info()[1] if event.get("exc_info") else None
        events.append({**event, "told": "".join(traceback.format_exception(error)) if error else ""})
        raise structlog.DropEvent

    processors = structlog.get_config()["processors"]
    before = list(processors)
    processors[:] = [*before[:1], keep]
    yield events
    processors[:] = before


@pytest.fixture
def guarded():
    factory = logging.getLogRecordFactory()
    yield mask_of(Connection(conn_id="c", conn_type="http", host="https://a", login="edye", password="s3cret-word-1"))
    logging.setLogRecordFactory(factory)


@pytest.mark.parametrize(
    "name", ["httpcore.http11", "urllib3.connectionpool", "botocore.auth", "apprise", "airflow.task"]
)
def test_no_library_prints_a_secret_at_debug(guarded, caplog, name):
    header = b64encode(b"edye:s3cret-word-1")
    with caplog.at_level(logging.DEBUG, logger=name):
        logging.getLogger(name).debug(
            "send %s %r to %s", {"Authorization": "s3cret-word-1"}, header, "https://a/?k=s3cret%2Dword%2D1"
        )
        logging.getLogger(name).warning("no arguments, s3cret-word-1")
    assert caplog.text.count(MASK) == 4
    assert "s3cret" not in caplog.text
    assert header.decode() not in caplog.text


def test_a_log_of_a_real_call_at_debug_hides_the_header(guarded, caplog):
    def answer(request: httpx.Request) -> httpx.Response:
        logging.getLogger("httpcore").debug("headers %s", request.headers.raw)
        return httpx.Response(401, text=request.headers["authorization"])

    with caplog.at_level(logging.DEBUG):
        httpx.Client(transport=httpx.MockTransport(answer), auth=("edye", "s3cret-word-1")).get("http://a")
    assert "headers" in caplog.text
    assert b64encode(b"edye:s3cret-word-1").decode() not in caplog.text


def test_the_traceback_of_a_logged_error_hides_it(guarded, caplog):
    echo = "s3cret-word-1"
    try:
        raise Transient(f"{echo} \x1b[31m") from OSError(echo)
    except Transient:
        logging.getLogger("somebody").exception("it broke")
    assert "Traceback" in caplog.text
    assert "OSError: ***" in caplog.text
    assert "s3cret" not in caplog.text


@pytest.mark.parametrize(
    "foreign", ["\x1b[2J", "a\r\n[2026-03-01] INFO all is well", "\u202egnp", "\x00", "\x9b31m", "\u200b", "\ud800"]
)
def test_foreign_text_of_our_own_logs_is_on_one_line_and_printable(guarded, caplog, foreign):
    logging.getLogger("edye_delivery.anything").warning("%s: refused: %s", foreign, Transient(foreign))
    (record,) = caplog.records
    assert record.getMessage().isprintable()


def test_a_call_that_cannot_be_formatted_is_logging_s_own_trouble(guarded):
    record = logging.getLogRecordFactory()("x", logging.INFO, "x.py", 1, "%d of %d", ("one",), None)
    assert record.args == ("one",)


def test_an_event_of_airflow_s_own_logger_hides_it(guarded):
    @dataclass
    class MaskSecret:
        value: str

    def refuse() -> None:
        raise Transient("it broke") from OSError(f"of {SECRET}")

    with capture_events() as events:
        log = structlog.get_logger("task")
        log.info("Sending request", msg=MaskSecret("not known yet"))
        log.info("%s and %s", SECRET, OSError(SECRET))
        log.info("a call", headers=[("Authorization", SECRET)], n=3)
        try:
            refuse()
        except Transient:
            log.exception("Task failed with exception")
    told = " ".join(f"{event} {event.get('told', '')}" for event in events)
    assert len(events) == 4
    assert "not known yet" not in told
    assert "s3cret" not in told
    assert "OSError: of ***" in told


def test_the_guard_learns_and_does_not_forget(guarded, caplog):
    guard_logs(["another-secret-2"])
    logging.getLogger("x").warning("s3cret-word-1 another-secret-2")
    assert caplog.records[0].getMessage() == f"{MASK} {MASK}"


def test_a_mask_of_a_connection_hides_its_basic_header(guarded):
    assert isinstance(guarded, SecretMask)
    assert guarded.holds(b64encode(b"edye:s3cret-word-1").decode())


@pytest.fixture
def partner(monkeypatch):
    """Sends to a partner over a connection with this header; the partner answers with this status."""

    @contextmanager
    def sending(status, header):
        body = b'{"status": "received", "tracking_id": "edye-latam-000123", "message": "of edye-latam"}'

        def answer(caller):
            caller.send(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
            caller.over.wait()

        with hostile_peer(answer) as port:
            connection = {"conn_type": "http", "host": f"http://127.0.0.1:{port}", "extra": {header: "edye-latam"}}
            monkeypatch.setenv("AIRFLOW_CONN_ROKU_INGEST", json.dumps(connection))
            api = IngestHook(the_annex()).api()
            yield lambda: api.send(Upload("k" * 64, "r", "a.mp4", {}, MediaBody(1, [b"x"])))

    return sending


@pytest.mark.usefixtures("guarded")
def test_a_tracking_id_may_hold_what_is_no_secret_for_certain_and_words_may_not(partner):
    with partner(200, "X-Client-Id") as send:
        assert send().tracking_id == "edye-latam-000123"
    with partner(409, "X-Client-Id") as send:
        refusal = send()
    assert (refusal.tracking_id, refusal.text) == ("edye-latam-000123", f"of {MASK}")


@pytest.mark.usefixtures("guarded")
def test_a_tracking_id_may_not_hold_what_sounds_like_a_secret(partner):
    with partner(200, "X-Client-Token") as send, pytest.raises(AnswerMalformed, match="repeats our own secret"):
        send()
    with partner(409, "X-Client-Token") as send:
        assert send().tracking_id is None


def test_an_address_that_cannot_be_read_is_repeated_without_its_password(guarded):
    connection = Connection(conn_id="c", conn_type="http", host="https://edye:p4ssw0rd-9@[api.example")
    with pytest.raises((ValueError, httpx.InvalidURL)) as raised:
        ApiHook("c", connection).client()
    assert "p4ssw0rd-9" not in "".join(traceback.format_exception(raised.value))
