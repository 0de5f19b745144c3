"""What the profiles `elastic` and `s3` of docker-compose.yaml ask of Elasticsearch, Kibana and S3."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tools.compose_stores import BUCKET, ELASTIC_FILES, import_dashboard, make_bucket, prepare_elasticsearch

LOGIN = "Basic " + base64.b64encode(b"elastic:e-secret").decode()


@pytest.fixture
def folder(tmp_path):
    for name in ("elastic_password", "kibana_password", "s3_password"):
        (tmp_path / name).write_text(f"{name[0]}-secret")
    return tmp_path


@pytest.fixture
def cluster():
    """An HTTP server that notes every call, and answers what the test sets."""

    class Server(ThreadingHTTPServer):
        def __init__(self):
            super().__init__(("127.0.0.1", 0), Handler)
            self.calls, self.answer = [], {"success": True}
            self.url = f"http://127.0.0.1:{self.server_address[1]}"

    class Handler(BaseHTTPRequestHandler):
        def _answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.server.calls.append((self.command, self.path, self.headers.get("Authorization"), body))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(self.server.answer).encode())

        do_POST = do_PUT = _answer

        def log_message(self, *_):
            pass

    server = Server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_elasticsearch_gets_kibanas_password_the_lifecycle_and_then_the_template_that_names_it(cluster, folder):
    prepare_elasticsearch(folder, cluster.url)
    assert [call[:3] for call in cluster.calls] == [
        ("POST", "/_security/user/kibana_system/_password", LOGIN),
        ("PUT", "/_ilm/policy/ingestalogs", LOGIN),
        ("PUT", "/_index_template/ingestalogs", LOGIN),
    ]
    password, policy, template = (json.loads(call[3]) for call in cluster.calls)
    assert password == {"password": "k-secret"}
    assert policy["policy"] == json.loads((ELASTIC_FILES / "lifecycle.json").read_text())
    assert template == json.loads((ELASTIC_FILES / "index_template.json").read_text())


def test_the_dashboard_replaces_an_older_one_and_a_refused_part_of_it_is_said(cluster, folder):
    import_dashboard(folder, cluster.url)
    method, path, login, body = cluster.calls[0]
    assert (method, path, login) == ("POST", "/api/saved_objects/_import?overwrite=true", LOGIN)
    assert (ELASTIC_FILES / "dashboard.ndjson").read_bytes() in body
    cluster.answer = {"success": False, "errors": [{"id": "errors-by-partner"}]}
    with pytest.raises(SystemExit, match="errors-by-partner"):
        import_dashboard(folder, cluster.url)


def test_the_bucket_of_artifacts_is_made_once(folder):
    from sandbox.s3 import S3Host

    host = S3Host()
    url = f"http://127.0.0.1:{host.start()}"
    try:
        make_bucket(folder, url)
        make_bucket(folder, url)
        import boto3

        client = boto3.client(
            "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
        )
        assert [bucket["Name"] for bucket in client.list_buckets()["Buckets"]].count(BUCKET) == 1
    finally:
        host.stop()
