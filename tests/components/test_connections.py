"""A run looks its connections up before any work, and says at once and in one sentence which of them are of no use."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from airflow.sdk import RetryAction
from airflow.sdk.exceptions import AirflowNotFoundException

from edye_delivery.catalog.plan import RunRequest, WithdrawalOrder
from edye_delivery.catalog.vocabulary import Channel, Mode
from edye_delivery.dag_support.defaults import RETRIES
from edye_delivery.errors import ConfigurationInvalid
from edye_delivery.hooks.ingest import IngestHook
from edye_delivery.steps.connections import annex_needs, needs_of, refuse_unusable
from tests.builders import the_annex
from tests.unit.pull_calls import the_pull_annex

START = datetime(2026, 3, 1, 6, tzinfo=UTC)
ENDPOINT = {"endpoint": {"path": "/api/ingesta/contenido/{external_id}"}}
ALWAYS = {"artifact_store", "delivery_ledger"}
KNOWN = {
    "edye_api": {"conn_type": "http", "host": "http://edye.example"},
    "roku_ingest": {"conn_type": "http", "host": "http://partner.example"},
    "roku_ftp": {"conn_type": "ftp", "host": "ftp.example", "login": "edye"},
    "artifact_store": {"conn_type": "fs", "extra": {"path": "/tmp/artifacts"}},
    "delivery_ledger": {"conn_type": "sqlite", "host": "/tmp/ledger.sqlite"},
    "feed_store": {"conn_type": "aws", "extra": {"bucket_name": "feeds"}},
}


def a_request(**changes):
    fields = {
        "partner": "roku_premium_subs_mx",
        "run_id": "r",
        "start_at": START,
        "end_at": START + timedelta(days=1),
        "mode": Mode.CHANGED,
    }
    return RunRequest(**fields | changes)


@pytest.fixture
def connections(monkeypatch):
    """Sets every connection but those that a test wants different; None leaves one out."""

    def set_connections(**changes):
        for conn_id in KNOWN:
            monkeypatch.delenv(f"AIRFLOW_CONN_{conn_id.upper()}", raising=False)
        for conn_id, fields in (KNOWN | changes).items():
            if fields is not None:
                monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fields))

    return set_connections


def complaint_of(annex, request):
    with pytest.raises(ConfigurationInvalid) as told:
        refuse_unusable(needs_of(annex, request))
    return str(told.value)


@pytest.mark.parametrize(
    ("annex", "request_", "names"),
    [
        (the_annex(), a_request(), {"edye_api", "roku_ingest", "feed_store"}),
        (the_annex(), a_request(dry_run=True), {"edye_api"}),
        (the_annex(), a_request(channel=Channel.FTP, reason="r"), {"edye_api", "roku_ftp"}),
        (the_annex(api=None), a_request(channel=Channel.FTP, reason="r"), {"edye_api", "roku_ftp", "feed_store"}),
        (the_annex(feeds=[]), a_request(), {"edye_api", "roku_ingest"}),
        (the_annex(), a_request(withdrawal=WithdrawalOrder()), {"feed_store"}),
        (the_annex(withdrawal=ENDPOINT), a_request(withdrawal=WithdrawalOrder()), {"feed_store", "roku_ingest"}),
        (the_annex(withdrawal=ENDPOINT), a_request(withdrawal=WithdrawalOrder(), dry_run=True), set()),
    ],
    ids=["api", "dry run", "ftp", "ftp alone", "no feeds", "withdrawal", "told withdrawal", "dry withdrawal"],
)
def test_a_run_needs_the_connections_that_it_will_use_and_no_other(annex, request_, names):
    assert {need.conn_id for need in needs_of(annex, request_)} == ALWAYS | names


def test_a_run_that_has_all_begins(connections):
    connections()
    refuse_unusable(needs_of(the_annex(), a_request()))


@pytest.mark.parametrize(
    "store",
    [{"conn_type": "fs", "extra": {"path": "/tmp/g"}}, {"conn_type": "aws", "extra": {"bucket_name": "generations"}}],
    ids=["folder", "bucket"],
)
def test_generations_may_be_in_a_folder_or_in_a_bucket(connections, store):
    api = {"conn_type": "http", "host": "http://api.example", "extra": {"tokens": {"shelf": "t"}}}
    connections(delivery_api_store=store, delivery_api=api)
    annex = the_pull_annex()
    refuse_unusable(needs_of(annex, a_request(partner=annex.partner, channel=Channel.PULL)))


def test_a_partner_needs_the_connections_of_all_its_channels():
    names = {"edye_api", "roku_ingest", "roku_ftp", "feed_store"}
    assert {need.conn_id for need in annex_needs(the_annex())} == ALWAYS | names
    assert {need.conn_id for need in annex_needs(the_annex(ftp=None, feeds=[]))} == ALWAYS | {"edye_api", "roku_ingest"}
    pull = {"edye_api", "delivery_api", "delivery_api_store"}
    assert pull <= {need.conn_id for need in annex_needs(the_pull_annex())}


def test_all_that_are_missing_are_named_in_one_sentence_with_what_each_needs(connections):
    connections(edye_api=None, delivery_ledger=None, roku_ftp=None)
    complaint = complaint_of(the_annex(), a_request())
    assert complaint.startswith("the run cannot begin: ")
    assert (
        "edye_api (the catalogue and its media: type http with host, port, and the token as password) is" in complaint
    )
    assert complaint.count(" is missing") == 2
    assert "delivery_ledger (the ledger: type sqlite with the file as host or type postgres with host, " in complaint
    assert "roku_ftp" not in complaint
    assert "feed_store" not in complaint


def test_a_time_out_of_half_a_lease_is_possible(connections):
    connections(roku_ingest=KNOWN["roku_ingest"] | {"extra": {"timeout_s": 150}})
    annex = the_annex(api={"lease_s": 300})
    refuse_unusable(needs_of(annex, a_request()))
    assert IngestHook(annex).api() is not None


@pytest.mark.parametrize(
    ("timeout_s", "told"),
    [
        (151, "timeout_s is 151, and has to be at most half of the annex's api.lease_s (300)"),
        ("much", "timeout_s is a number above 0, not 'much'"),
    ],
)
def test_a_time_out_that_outlasts_half_a_lease_is_refused_before_any_work_and_by_the_client(
    connections, timeout_s, told
):
    connections(roku_ingest=KNOWN["roku_ingest"] | {"extra": {"timeout_s": timeout_s}})
    annex = the_annex(api={"lease_s": 300})
    with pytest.raises(ConfigurationInvalid, match=re.escape(told)):
        IngestHook(annex).api()
    complaint = complaint_of(annex, a_request())
    assert complaint.startswith(f"the run cannot begin: the connection roku_ingest: extra {told}")


@pytest.mark.parametrize(
    ("conn_id", "fields", "told"),
    [
        ("edye_api", {"conn_type": "ftp", "host": "h"}, "is of type 'ftp'"),
        ("edye_api", {"conn_type": "http"}, "has no host"),
        ("roku_ingest", {"conn_type": "aws"}, "is of type 'aws'"),
        ("artifact_store", {"conn_type": "fs"}, "has no extra path"),
        ("artifact_store", {"conn_type": "aws"}, "has no extra bucket_name"),
        ("artifact_store", {"conn_type": "http", "host": "h"}, "is of type 'http'"),
        ("delivery_ledger", {"conn_type": "mysql", "host": "h"}, "is of type 'mysql'"),
        ("delivery_ledger", {"conn_type": "postgres", "host": "h"}, "has no schema"),
        ("feed_store", {"conn_type": "aws"}, "has no extra bucket_name"),
        ("feed_store", {"conn_type": "fs", "extra": {"path": "/tmp"}}, "is of type 'fs'"),
    ],
)
def test_a_connection_of_no_use_is_named_with_what_it_takes(connections, conn_id, fields, told):
    connections(**{conn_id: fields})
    complaint = complaint_of(the_annex(), a_request())
    assert f"the connection {conn_id} (" in complaint
    assert told in complaint
    assert complaint.count("the connection ") == 1


def test_an_ftp_connection_without_login_is_of_no_use(connections):
    connections(roku_ftp={"conn_type": "ftp", "host": "h"})
    assert "has no login" in complaint_of(the_annex(), a_request(channel=Channel.FTP, reason="r"))


def test_a_connection_that_is_an_address_is_known_by_its_scheme(connections, monkeypatch):
    connections()
    monkeypatch.setenv("AIRFLOW_CONN_DELIVERY_LEDGER", "postgresql://u:p@db.example:5433/ledger")
    monkeypatch.setenv("AIRFLOW_CONN_EDYE_API", "https://:token@edye.example:443")
    refuse_unusable(needs_of(the_annex(), a_request()))


def test_a_connection_that_is_missing_anywhere_in_a_run_is_not_tried_again():
    decision = RETRIES.evaluate(AirflowNotFoundException("The conn_id `x` isn't defined"), try_number=1, max_tries=3)
    assert decision.action is RetryAction.FAIL
