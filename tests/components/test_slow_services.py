"""Calls through other people's libraries (S3, Elasticsearch, Apprise) to peers that never end: each ends in time."""

from __future__ import annotations

import hashlib
import json
import time
from contextlib import contextmanager

import pytest

from edye_delivery.errors import AnswerMalformed, TooSlow, Transient
from edye_delivery.hooks.alerts import AlertHook
from edye_delivery.hooks.feed_store import FeedStoreHook
from edye_delivery.hooks.ingesta_logs import IngestaLogsHook
from sandbox.s3 import S3Host
from tests.builders import the_annex
from tests.hostile_peer import body_has_no_end, continues_for_ever, head_trickles, hostile_peer, says_nothing

pytestmark = pytest.mark.proof
SPEC = the_annex().feeds[0]
BOUNDS = {"timeout_s": 0.5, "least_rate_bytes_s": 10_000}
SLOW = [head_trickles, continues_for_ever]
ENDS_WITHIN_S = 30.0


@contextmanager
def ends_soon():
    started = time.monotonic()
    yield
    assert time.monotonic() - started < ENDS_WITHIN_S


@contextmanager
def closing_host(host):
    try:
        yield host.start()
    finally:
        host.stop()


def store_at(monkeypatch, port: int, **extra):
    connection = {
        "conn_type": "aws", "login": "sandbox", "password": "sandbox-secret",
        "extra": {"bucket_name": "edye-feeds", "endpoint_url": f"http://127.0.0.1:{port}", "region_name": "us-east-1"}
        | extra,
    }  # fmt: skip
    monkeypatch.setenv("AIRFLOW_CONN_FEED_STORE", json.dumps(connection))
    return FeedStoreHook(SPEC)


def test_a_page_goes_to_the_store_and_comes_back_over_our_own_http(monkeypatch):
    content = bytes(range(256)) * 40_000
    sha256 = hashlib.sha256(content).hexdigest()
    host = S3Host()
    with closing_host(host) as port:
        store = store_at(monkeypatch, port, trust_env=False).get_conn()
        store.put("pages/ñ &+1.json", content, sha256, "no-cache")
        assert store.sha256_of("pages/ñ &+1.json") == sha256
        assert store.get("pages/ñ &+1.json") == content
        store.delete(["pages/ñ &+1.json"])
        assert store.sha256_of("pages/ñ &+1.json") is None
        assert store.get("pages/ñ &+1.json") is None


@pytest.mark.parametrize("behave", SLOW, ids=lambda behave: behave.__name__)
@pytest.mark.parametrize("call", ["head", "put", "get", "delete"])
def test_no_call_of_the_feed_store_goes_on_for_ever(monkeypatch, call, behave):
    with hostile_peer(behave) as port:
        store = store_at(monkeypatch, port, **BOUNDS).get_conn()
        calls = {
            "head": lambda: store.sha256_of("a"),
            "put": lambda: store.put("a", b"x" * 3_000_000, "0" * 64, "no-cache"),
            "get": lambda: store.get("a"),
            "delete": lambda: store.delete(["a"]),
        }
        with ends_soon(), pytest.raises(Transient):
            calls[call]()


def test_an_answer_that_is_no_object_is_read_once_and_not_without_end(monkeypatch):
    with hostile_peer(body_has_no_end) as port:
        store = store_at(monkeypatch, port, **BOUNDS).get_conn()
        with ends_soon(), pytest.raises(AnswerMalformed, match="more than 1,048,576 bytes"):
            store.delete(["a"])


@pytest.mark.parametrize("behave", SLOW, ids=lambda behave: behave.__name__)
def test_no_call_of_elasticsearch_goes_on_for_ever(monkeypatch, behave):
    with hostile_peer(behave) as port:
        connection = {"conn_type": "http", "host": "http://127.0.0.1", "port": port, "extra": {"timeout_s": 0.5}}
        monkeypatch.setenv("AIRFLOW_CONN_INGESTA_LOGS", json.dumps(connection))
        with ends_soon(), pytest.raises(Transient):
            IngestaLogsHook().sink().prepare()


def test_an_alert_whose_service_says_nothing_is_put_off(monkeypatch):
    with hostile_peer(says_nothing) as port:
        config = [{"path": f"json://127.0.0.1:{port}/hook?rto=600&cto=600"}]
        connection = {"conn_type": "apprise", "extra": {"config": config, "timeout_s": 3}}
        monkeypatch.setenv("AIRFLOW_CONN_ALERTS", json.dumps(connection))
        with ends_soon(), pytest.raises(TooSlow, match="did not take it within 3 s"):
            AlertHook().tell("title", "body", is_critical=True)
