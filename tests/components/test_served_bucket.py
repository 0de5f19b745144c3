"""`serve-api --root s3://...` as a program: it serves what is published to the bucket, also while that is away."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edye_delivery.delivery_api.generations.bucket_store import BucketStore
from edye_delivery.errors import ConfigurationInvalid
from edye_delivery.hooks.delivery_api_store import DeliveryApiStoreHook
from sandbox.s3 import S3Host
from tests.components.delivery_api_server import DeliveryApi
from tests.unit.delivery_api.world import gone, pull_annex, show
from tests.waiting import until


def connect(monkeypatch: pytest.MonkeyPatch, **extra: str) -> None:
    """Sets the connection of the store."""
    monkeypatch.setenv(
        "AIRFLOW_CONN_DELIVERY_API_STORE",
        json.dumps({"conn_type": "aws", "login": "sandbox", "password": "sandbox-secret", "extra": extra}),
    )


@pytest.mark.parametrize("missing", ["bucket_name", "cache"])
def test_a_connection_without_bucket_or_folder_for_copies_is_refused(monkeypatch, missing):
    extra = {"bucket_name": "b", "cache": "c"}
    del extra[missing]
    connect(monkeypatch, **extra)
    with pytest.raises(ConfigurationInvalid, match=missing):
        DeliveryApiStoreHook("delivery_api_store").get_conn()


def test_the_program_serves_a_bucket_and_goes_on_while_it_is_away(tmp_path, monkeypatch):
    host = S3Host()
    url = f"http://127.0.0.1:{host.start()}"
    connect(
        monkeypatch, bucket_name="edye-artifacts", prefix="of/this", endpoint_url=url, region_name="us-east-1",
        cache=str(tmp_path / "worker"),
    )  # fmt: skip
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "sandbox")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sandbox-secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", url)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    api = DeliveryApi(tmp_path)
    pull_annex(api.world.annexes, "shelf", {"app": ["shows"]}, rate_limit={"calls": 100_000})
    api.world.store = DeliveryApiStoreHook("delivery_api_store").get_conn()
    assert isinstance(api.world.store, BucketStore)
    token = api.tokens.add("shelf", "app")
    cache = ["--root", "s3://edye-artifacts/of/this", "--cache", str(tmp_path / "server"), "--look-every-s", "0.2"]

    def ids() -> list[str]:
        answer = api.get("/v1/shows", token)
        return [each["id"] for each in answer.json()["items"]] if answer.status_code == 200 else []

    try:
        api.publish("shelf", show("a"), show("b"))
        api.start(*cache)
        until(lambda: ids() == ["a", "b"], "the first generation", 60)
        cursor_key = (tmp_path / "server" / "cursor.key").read_bytes()
        assert api.world.store.read("cursor.key") == cursor_key
        api.publish("shelf", gone("a"), show("c"))
        until(lambda: ids() == ["b", "c"], "the withdrawal", 60)
        host.stop()
        until(lambda: "goes on being served" in api.output, "the sentence about the bucket", 120)
        assert ids() == ["b", "c"]
        assert api.stop() == 0
        api.start(*cache)
        assert ids() == ["b", "c"]
        assert "sandbox-secret" not in api.output
    finally:
        api.close()
        host.stop()


@pytest.mark.parametrize(
    "options", [["--root", "s3://b/c"], ["--root", "s3://B_/", "--cache", "x"], ["--root", "x", "--cache", "y"]]
)
def test_a_root_that_cannot_be_served_is_refused_with_a_sentence(options, capsys):
    from typer.testing import CliRunner

    from edye_delivery.command_line.app import app

    done = CliRunner().invoke(app, ["serve-api", *options, "--ledger", str(Path("x.sqlite"))])
    assert done.exit_code == 2
    assert "--cache" in done.output
