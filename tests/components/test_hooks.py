"""Hooks: a connection as people know it becomes a client, a ledger, a store; nothing else."""

import json

import pytest
from moto.server import ThreadedMotoServer

from edye_delivery.annex.load import DEFAULT_FOLDER, load_annexes
from edye_delivery.errors import ConfigurationInvalid, StoreUnavailable
from edye_delivery.hooks.artifacts import ArtifactHook
from edye_delivery.hooks.delivery_api import DeliveryApiHook
from edye_delivery.hooks.edye import EdyeHook
from edye_delivery.hooks.http_client import ApiHook
from edye_delivery.hooks.ingest import IngestHook
from edye_delivery.hooks.ledger import LedgerHook
from tests.builders import the_annex


@pytest.fixture
def connection(monkeypatch):
    def set_connection(conn_id, **fields):
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fields))

    return set_connection


def test_a_password_without_login_is_a_bearer_token(connection):
    connection("roku_ingest", conn_type="http", host="https://partner.example", password="s3cret", port=8443)
    client = IngestHook(the_annex()).client()
    assert client.headers["authorization"] == "Bearer s3cret"
    assert str(client.base_url) == "https://partner.example:8443"


def test_a_login_is_basic_authentication_and_extras_are_the_provider_s(connection):
    extra = {"X-Tenant": "edye", "timeout_s": 7, "trust_env": False, "allowed_hosts": ["media.example"]}
    connection("edye_api", conn_type="http", host="api.example", schema="https", login="u", password="p", extra=extra)
    hook = EdyeHook()
    client = hook.client()
    assert client.auth is not None
    assert client.headers["x-tenant"] == "edye"
    assert "allowed_hosts" not in client.headers
    assert client.timeout.read == 7
    assert str(client.base_url) == "https://api.example"
    assert hook.allowed_hosts == {"media.example", "api.example"}


def test_an_empty_token_of_a_partner_is_none_and_hides_nothing(connection):
    annex = next(annex for annex in load_annexes(DEFAULT_FOLDER).values() if annex.pull is not None)
    connection("delivery_api", conn_type="http", host="http://api.example", extra={"tokens": {annex.partner: ""}})
    hook = DeliveryApiHook(annex)
    with pytest.raises(ConfigurationInvalid, match=f"users add --partner {annex.partner} --user "):
        hook.check_token()
    assert hook.mask.mask("a text") == "a text"


def test_the_media_host_never_sees_the_token(connection):
    connection("edye_api", conn_type="http", host="http://api.example", password="s3cret", extra={"X-Key": "also"})
    client = ApiHook("edye_api").anonymous_client()
    assert "authorization" not in client.headers
    assert "x-key" not in client.headers
    assert client.auth is None


def test_what_a_connection_gives_a_call_is_the_client_s_deadline_and_the_rate_of_its_files(connection):
    extra = {"timeout_s": 7, "least_rate_bytes_s": "1000"}
    connection("edye_api", conn_type="http", host="http://api.example", extra=extra)
    bounds = EdyeHook().bounds()
    assert (bounds.answer_s, bounds.least_rate_bytes_s) == (7, 1000)
    assert "least_rate_bytes_s" not in EdyeHook().client().headers


@pytest.mark.parametrize("value", ["soon", 0, -1, None, [], "inf", "nan"])
def test_a_bound_that_is_no_number_is_a_sentence(connection, value):
    connection("edye_api", conn_type="http", host="http://api.example", extra={"timeout_s": value})
    with pytest.raises(ConfigurationInvalid, match="extra timeout_s is a number above 0"):
        EdyeHook().media_host(the_annex())


def test_an_allow_list_that_is_no_list_is_a_sentence(connection):
    connection("edye_api", conn_type="http", host="http://api.example", extra={"allowed_hosts": "media.example"})
    with pytest.raises(ConfigurationInvalid, match="allowed_hosts is a list"):
        EdyeHook().media_host(the_annex())


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ('{"conn_type": "sqlite", "host": "/tmp/l.sqlite"}', "sqlite:////tmp/l.sqlite"),
        (
            "postgresql://u:p@db.example:5433/ledger?sslmode=require",
            "postgresql+psycopg2://u:p@db.example:5433/ledger?sslmode=require",
        ),
    ],
)
def test_the_ledger_s_address_comes_of_its_connection(monkeypatch, value, address):
    monkeypatch.setenv("AIRFLOW_CONN_DELIVERY_LEDGER", value)
    assert LedgerHook().url().render_as_string(hide_password=False) == address


@pytest.mark.parametrize(
    ("hook", "conn_id", "fields"),
    [
        (LedgerHook, "delivery_ledger", {"conn_type": "mysql"}),
        (ArtifactHook, "artifact_store", {"conn_type": "ftp"}),
        (ArtifactHook, "artifact_store", {"conn_type": "aws"}),
        (ArtifactHook, "artifact_store", {"conn_type": "fs"}),
    ],
)
def test_a_connection_that_cannot_serve_is_a_sentence(connection, hook, conn_id, fields):
    connection(conn_id, **fields)
    with pytest.raises(ConfigurationInvalid, match=conn_id):
        hook().get_conn()


@pytest.fixture(scope="module")
def s3_url():
    import boto3

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client(
        "s3", endpoint_url=url, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1"
    )
    client.create_bucket(Bucket="edye-artifacts")
    yield url
    server.stop()


@pytest.fixture(params=["folder", "s3"])
def store(request, connection, tmp_path):
    if request.param == "folder":
        connection("artifact_store", conn_type="fs", extra={"path": str(tmp_path / "store")})
    else:
        extra = {
            "bucket_name": "edye-artifacts",
            "prefix": tmp_path.name,
            "endpoint_url": request.getfixturevalue("s3_url"),
            "region_name": "us-east-1",
        }
        connection("artifact_store", conn_type="aws", login="a", password="b", extra=extra)
    return ArtifactHook().get_conn()


def test_what_was_put_is_there_and_is_replaced_whole(store):
    store.put("runs/a/plan.json", b"one")
    store.put("runs/a/plan.json", b"two")
    assert store.get("runs/a/plan.json") == b"two"
    assert store.url("runs/a/plan.json").endswith("runs/a/plan.json")


def test_a_name_made_of_content_is_written_once(store):
    store.put_once("art/ab/ab.jpg", b"one")
    store.put_once("art/ab/ab.jpg", b"other")
    assert store.get("art/ab/ab.jpg") == b"one"


def test_what_is_not_there_is_told(store):
    with pytest.raises(FileNotFoundError):
        store.get("runs/none.json")


@pytest.fixture
def large_file(tmp_path):
    """More than one part of an upload to S3, and no whole number of blocks."""
    path = tmp_path / "large.bin"
    path.write_bytes(bytes(range(251)) * 250_001)
    return path


def test_a_large_file_is_put_whole_and_read_from_any_byte_on(store, large_file):
    content = large_file.read_bytes()
    store.put_file("encodes/ab/large.mp4", large_file)
    assert store.size("encodes/ab/large.mp4") == len(content)
    assert large_file.exists()
    for offset in (0, 1, 1024 * 1024, len(content) - 1, len(content)):
        assert b"".join(store.stream("encodes/ab/large.mp4", offset)) == content[offset:]
    assert max(map(len, store.stream("encodes/ab/large.mp4"))) <= 1024 * 1024


def test_size_and_bytes_of_what_is_not_there_are_told_as_missing(store):
    with pytest.raises(FileNotFoundError):
        store.size("encodes/none.mp4")
    with pytest.raises(FileNotFoundError):
        next(store.stream("encodes/none.mp4"))


@pytest.mark.parametrize("place", ["a bucket that is not there", "a file in the way"])
def test_a_store_that_cannot_be_written_to_is_a_sentence(connection, tmp_path, request, place):
    if place == "a file in the way":
        (tmp_path / "store").write_bytes(b"")
        connection("artifact_store", conn_type="fs", extra={"path": str(tmp_path / "store")})
    else:
        where = {"endpoint_url": request.getfixturevalue("s3_url"), "region_name": "us-east-1"}
        connection("artifact_store", conn_type="aws", login="a", password="b", extra=where | {"bucket_name": "absent"})
    with pytest.raises(
        ConfigurationInvalid, match=r"nothing can be written to .*: .*; check the connection artifact_store"
    ):
        ArtifactHook().get_conn().put("plan.json", b"x")
    (tmp_path / "local").write_bytes(b"x")
    with pytest.raises(ConfigurationInvalid, match="check the connection artifact_store"):
        ArtifactHook().get_conn().put_file("film.mp4", tmp_path / "local")


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a//b", "a b", "", "a/../b", "a\nb"])
def test_a_name_that_leads_elsewhere_is_refused(store, name):
    with pytest.raises(ValueError, match="not a name"):
        store.put(name, b"x")


def test_a_write_that_fails_leaves_the_old_file_and_no_half_one(connection, tmp_path, monkeypatch):
    import os

    connection("artifact_store", conn_type="fs", extra={"path": str(tmp_path)})
    store = ArtifactHook().get_conn()
    store.put("plan.json", b"old")

    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(StoreUnavailable, match="No space"):
        store.put("plan.json", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]
    assert store.get("plan.json") == b"old"
    with pytest.raises(StoreUnavailable, match="No space"):
        store.put_file("film.mp4", tmp_path / "plan.json")
    assert [path.name for path in tmp_path.iterdir()] == ["plan.json"]
