"""Connections that are not safe: a credential over plain http is refused, an unchecked certificate warned of."""

import json
import logging

import pytest

from edye_delivery.errors import ConfigurationInvalid
from edye_delivery.hooks import connection_safety
from edye_delivery.hooks.artifacts import ArtifactHook
from edye_delivery.hooks.edye import EdyeHook
from edye_delivery.hooks.feed_store import FeedStoreHook
from edye_delivery.hooks.ftp import FtpHook
from edye_delivery.hooks.http_client import ApiHook
from edye_delivery.hooks.ingest import IngestHook
from edye_delivery.hooks.ingesta_logs import IngestaLogsHook
from tests.builders import the_annex

HTTP = {"conn_type": "http", "password": "s3cret-word"}
AWS = {"conn_type": "aws", "login": "AKIA-1234", "password": "s3cret-word"}
BUCKET = {"bucket_name": "edye", "region_name": "us-east-1"}
CLIENTS = {
    "edye_api": (lambda: EdyeHook().api(the_annex()), HTTP),
    "roku_ingest": (lambda: IngestHook(the_annex()).api(), HTTP),
    "ingesta_logs": (lambda: IngestaLogsHook().sink(), HTTP),
    "feed_store": (lambda: FeedStoreHook(the_annex().feeds[0]).get_conn(), AWS),
    "another_store": (lambda: ArtifactHook("another_store").get_conn(), AWS),  # Airflow keeps a store of each name
}


@pytest.fixture(autouse=True)
def untold(monkeypatch):
    monkeypatch.setattr(connection_safety, "_WARNED", set())


@pytest.fixture
def connect(monkeypatch):
    def set_connection(conn_id, fields, address, **extra):
        if fields["conn_type"] == "aws":
            connection = {**fields, "extra": {**BUCKET, **extra, "endpoint_url": address}}
        else:
            connection = {**fields, "host": address, "extra": extra}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))

    return set_connection


@pytest.mark.parametrize("conn_id", CLIENTS)
@pytest.mark.parametrize("address", ["http://partner.example:9200", "http://10.0.0.7", "http://[2001:db8::1]:80"])
def test_a_credential_does_not_travel_over_plain_http(connect, conn_id, address):
    client, fields = CLIENTS[conn_id]
    connect(conn_id, fields, address)
    with pytest.raises(ConfigurationInvalid, match=f"connection {conn_id} would send .* over plain http .*allow_plain"):
        client()


@pytest.mark.parametrize("conn_id", CLIENTS)
@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9200", "http://localhost", "http://[::1]:80", "https://partner.example"]
)
def test_loopback_and_https_need_no_permission(connect, conn_id, address):
    client, fields = CLIENTS[conn_id]
    connect(conn_id, fields, address)
    assert client() is not None


@pytest.mark.parametrize("conn_id", CLIENTS)
def test_a_connection_may_permit_it_and_is_warned_of_once(connect, caplog, conn_id):
    client, fields = CLIENTS[conn_id]
    connect(conn_id, fields, "http://sandbox:28083", allow_plain_http=True)
    with caplog.at_level(logging.WARNING):
        client()
        client()
    assert [record.getMessage() for record in caplog.records if "plain http" in record.getMessage()] == [
        f"the connection {conn_id} sends its credentials over plain http to sandbox, as its extra allow_plain_http "
        "permits"
    ]


@pytest.mark.parametrize("host", ["http://edye:s3cret-word@partner.example", "edye:s3cret-word@partner.example"])
def test_a_credential_in_the_address_does_not_travel_over_plain_http_either(connect, host):
    connect("roku_ingest", {"conn_type": "http"}, host)
    with pytest.raises(ConfigurationInvalid, match="over plain http to partner") as refused:
        ApiHook("roku_ingest").client()
    assert "s3cret-word" not in str(refused.value)
    connect("roku_ingest", {"conn_type": "http"}, host, allow_plain_http=True)
    assert ApiHook("roku_ingest").client() is not None


def test_the_permission_is_no_header(connect):
    connect("roku_ingest", HTTP, "http://sandbox", allow_plain_http=True)
    assert "allow_plain_http" not in ApiHook("roku_ingest").client().headers


def test_what_carries_no_credential_may_be_plain(connect):
    connect("edye_api", {"conn_type": "http"}, "http://catalogue.example")
    assert ApiHook("edye_api").client() is not None


def test_the_media_host_s_client_carries_none(connect):
    connect("edye_api", HTTP, "http://catalogue.example")
    assert ApiHook("edye_api").anonymous_client() is not None


@pytest.mark.parametrize("conn_id", [*CLIENTS, "roku_ftp"])
@pytest.mark.parametrize("verify", [False, "false", "no"])
def test_a_certificate_that_is_not_checked_is_warned_of_once(connect, caplog, monkeypatch, conn_id, verify):
    if conn_id == "roku_ftp":
        account = {"conn_type": "ftp", "host": "a", "login": "edye", "password": "s3cret-word"}
        monkeypatch.setenv("AIRFLOW_CONN_ROKU_FTP", json.dumps({**account, "extra": {"tls": True, "verify": verify}}))
        client = FtpHook("roku_ftp", 5).account
    else:
        client, fields = CLIENTS[conn_id]
        connect(conn_id, fields, "https://partner.example", verify=verify)
    with caplog.at_level(logging.WARNING):
        client()
        client()
    told = [record.getMessage() for record in caplog.records if "does not check" in record.getMessage()]
    assert len(told) == 1
    assert f"the connection {conn_id} does not check the server's certificate" in told[0]


@pytest.mark.parametrize("conn_id", ["edye_api", "roku_ingest", "ingesta_logs", "feed_store"])
@pytest.mark.parametrize("content", [None, "no certificate"], ids=["absent", "none"])
def test_a_file_of_authorities_that_cannot_be_read_is_told_with_the_connection_s_name(
    connect, tmp_path, conn_id, content
):
    client, fields = CLIENTS[conn_id]
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    connect(conn_id, fields, "https://partner.example", verify=str(path))
    with pytest.raises(
        ConfigurationInvalid, match=rf"connection {conn_id}: its extra verify names .*ca\.pem.*cannot be"
    ):
        client()


@pytest.mark.parametrize("cert", ["/absent/own.pem", ["/absent/own.pem", "/absent/own.key"], ["a", "b", "c", "d"]])
def test_a_certificate_of_our_own_that_cannot_be_read_is_told_too(connect, cert):
    connect("roku_ingest", HTTP, "https://partner.example", cert=cert)
    with pytest.raises(ConfigurationInvalid, match=r"connection roku_ingest: its extra cert names .* cannot be read"):
        ApiHook("roku_ingest").client()


def test_every_task_warns_anew(connect, caplog, monkeypatch):
    connect("roku_ingest", HTTP, "https://partner.example", verify=False)
    for task in ("deliver", "wait"):
        monkeypatch.setattr(connection_safety, "_task_name", lambda task=task: task)
        ApiHook("roku_ingest").client()
        ApiHook("roku_ingest").client()
    assert sum("does not check" in record.getMessage() for record in caplog.records) == 2
