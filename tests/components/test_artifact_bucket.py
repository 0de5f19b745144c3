"""A bucket of artifacts that never ends its answer ends the call all the same."""

from __future__ import annotations

import json
import time

import pytest

from edye_delivery.errors import StoreUnavailable
from edye_delivery.hooks import artifacts
from edye_delivery.hooks.artifacts import ArtifactHook
from tests.hostile_peer import head_trickles, hostile_peer, says_nothing

CALLS = {
    "put": lambda store, file: store.put("a.json", b"x"),
    "put_file": lambda store, file: store.put_file("a.json", file),
    "put_once": lambda store, file: store.put_once("a.json", b"x"),
    "get": lambda store, file: store.get("a.json"),
    "size": lambda store, file: store.size("a.json"),
    "stream": lambda store, file: next(store.stream("a.json")),
    "delete": lambda store, file: store.delete("a.json"),
}
ENDS_WITHIN_S = 20.0


@pytest.mark.proof
@pytest.mark.parametrize("peer", [says_nothing, head_trickles])
@pytest.mark.parametrize("call", CALLS)
def test_each_call_ends_in_time(call, peer, monkeypatch, tmp_path):
    monkeypatch.setattr(artifacts, "ANSWER_S", 1.0)
    (tmp_path / "file").write_bytes(b"x")
    with hostile_peer(peer) as port:
        connection = {
            "conn_type": "aws", "login": "sandbox", "password": "sandbox-secret",
            "extra": {"bucket_name": "b", "endpoint_url": f"http://127.0.0.1:{port}", "region_name": "us-east-1"},
        }  # fmt: skip
        conn_id = f"artifact_store_{call}_{peer.__name__}"  # Airflow keeps a store of each name
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            CALLS[call](ArtifactHook(conn_id).get_conn(), tmp_path / "file")
        assert time.monotonic() - began < ENDS_WITHIN_S
