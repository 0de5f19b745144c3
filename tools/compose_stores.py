"""What docker-compose.yaml's profiles `elastic` and `s3` need: their connections, and one step before each is used."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from tools.settings import PROJECT

ELASTIC_FILES = PROJECT / "include" / "elastic"
ELASTIC_URL, KIBANA_URL, S3_URL = "http://elasticsearch:9200", "http://kibana:5601", "http://s3:9000"
ADMINISTRATOR, KIBANA_USER, S3_USER = "elastic", "kibana_system", "edye"
BUCKET = "edye-artifacts"
NAME = "ingestalogs"
ANSWER_S = 60.0
CHOICES = {"ARTIFACTS": ("folder", "s3"), "TRAIL": ("folder", "elastic")}


def store_connections(known: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The connections `artifact_store` and `ingesta_logs`: folders, or S3 and Elasticsearch where ARTIFACTS and TRAIL
    say so; SystemExit for another word.
    """
    chosen = {name: environment.get(name) or words[0] for name, words in CHOICES.items()}
    for name, word in chosen.items():
        if word not in CHOICES[name]:
            raise SystemExit(f"{name} is {word!r}: write {' or '.join(CHOICES[name])}")
    plain = {"allow_plain_http": True}
    artifacts = _folder("store")
    if chosen["ARTIFACTS"] == "s3":
        extra = {"bucket_name": BUCKET, "endpoint_url": S3_URL, "region_name": "us-east-1", **plain}
        artifacts = {"conn_type": "aws", "login": S3_USER, "password": known["s3_password"], "extra": extra}
    trail = _folder("ingesta_logs")
    if chosen["TRAIL"] == "elastic":
        login = {"login": ADMINISTRATOR, "password": known["elastic_password"]}
        trail = {"conn_type": "http", "host": "http://elasticsearch", "port": 9200, **login, "extra": plain}
    return {"artifact_store": artifacts, "ingesta_logs": trail}


def _folder(name: str) -> dict[str, Any]:
    return {"conn_type": "fs", "extra": {"path": f"/var/lib/edye/artifacts/{name}"}}


def kibana_configuration(known: Mapping[str, str]) -> str:
    """kibana.yml: its own user at Elasticsearch, and a key of its own; JSON is YAML."""
    return json.dumps(
        {
            "server.host": "0.0.0.0",  # noqa: S104 - in its container; compose opens the port to this machine only
            "elasticsearch.hosts": [ELASTIC_URL],
            "elasticsearch.username": KIBANA_USER,
            "elasticsearch.password": known["kibana_password"],
            "xpack.encryptedSavedObjects.encryptionKey": known["kibana_key"],
            "xpack.security.encryptionKey": known["kibana_key"],
            "telemetry.optIn": False,
        },
        indent=1,
    )


def prepare_elasticsearch(folder: Path, url: str = ELASTIC_URL) -> None:
    """Gives Kibana's user its password, and installs the trail's lifecycle and index template; safe to repeat."""
    with _client(folder, url) as client:
        password = {"password": _secret(folder, "kibana_password")}
        client.post(f"/_security/user/{KIBANA_USER}/_password", json=password).raise_for_status()
        for path, file in ((f"/_ilm/policy/{NAME}", "lifecycle"), (f"/_index_template/{NAME}", "index_template")):
            content = json.loads((ELASTIC_FILES / f"{file}.json").read_text(encoding="utf-8"))
            body = {"policy": content} if file == "lifecycle" else content
            client.put(path, json=body).raise_for_status()


def import_dashboard(folder: Path, url: str = KIBANA_URL) -> None:
    """Loads the trail's dashboard in place of an older one; SystemExit where Kibana refuses a part of it."""
    file = ("dashboard.ndjson", (ELASTIC_FILES / "dashboard.ndjson").read_bytes(), "application/ndjson")
    with _client(folder, url) as client:
        answer = client.post(
            "/api/saved_objects/_import?overwrite=true", headers={"kbn-xsrf": "1"}, files={"file": file}
        )
    told = answer.raise_for_status().json()
    if not told.get("success"):
        raise SystemExit(f"Kibana refused the dashboard: {json.dumps(told.get('errors', told))[:2000]}")


def make_bucket(folder: Path, url: str = S3_URL) -> None:
    """Creates the bucket of artifacts where it is missing."""
    import boto3

    client = boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id=S3_USER,
        aws_secret_access_key=_secret(folder, "s3_password"),
    )
    if BUCKET not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}:
        client.create_bucket(Bucket=BUCKET)


def _client(folder: Path, url: str) -> httpx.Client:
    login = (ADMINISTRATOR, _secret(folder, "elastic_password"))
    return httpx.Client(base_url=url, auth=login, timeout=ANSWER_S, trust_env=False)


def _secret(folder: Path, name: str) -> str:
    return (folder / name).read_text(encoding="ascii")
