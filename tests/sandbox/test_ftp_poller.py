"""The partner's poller picks titles up from its FTP server, and tells in three ways how they ended."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from sandbox.faults import FaultPlan, parse_faults
from sandbox.ftp_poller import FtpPoller
from sandbox.store import Store
from tests.sandbox.ftp_caller import connect, retrieve, store

CLIENT = "roku_premium_subs_mx"
PROCESSING_S = 60.0
AT = 1772431200.0  # 2026-03-02T06:00:00Z
NAME = "A_ES.json"


@dataclass
class Partner:
    """A poller whose rounds and whose time the test decides."""

    state_dir: Path
    media: bytes
    keep_files: bool = False
    faults: FaultPlan = field(default_factory=FaultPlan)
    now: float = AT

    def __post_init__(self) -> None:
        self.root = self.state_dir / "ftp"
        self.start()

    def start(self) -> None:
        self.store = Store(self.state_dir / "partner.sqlite")
        more: dict[str, Any] = {"processing_s": PROCESSING_S, "keep_files": self.keep_files, "clock": lambda: self.now}
        self.poller = FtpPoller(self.root, self.state_dir, self.store, self.faults, **more)

    def restart(self) -> None:
        """As after a kill: what is on disk is there, and nothing else."""
        self.store.close()
        self.start()

    def file(self, path: str) -> Path:
        return self.root / path.format(client=CLIENT)

    def deliver(self, external_id: str = "A_ES", *, client: str = CLIENT, **metadata: Any) -> None:
        folder = self.root / "incoming" / client
        for kind in ("video", "images", "metadata"):
            (folder / kind).mkdir(parents=True, exist_ok=True)
        (folder / "video" / f"{external_id}.mp4").write_bytes(self.media)
        (folder / "images" / f"{external_id}_poster.jpg").write_bytes(b"poster")
        (folder / "images" / f"{external_id}_still.png").write_bytes(b"still")
        told = {"external_id": external_id, "titulo": "Prueba", "id_cliente": client, **metadata}
        self.commit({key: value for key, value in told.items() if value is not None}, f"{external_id}.json", client)

    def commit(self, metadata: Any, name: str = NAME, client: str = CLIENT) -> None:
        text = metadata if isinstance(metadata, str) else json.dumps(metadata)
        (self.root / "incoming" / client / "metadata" / name).write_text(text)

    def plan(self, **fault: Any) -> None:
        self.faults.replace(parse_faults({"service": "ftp", "operation": "pickup", **fault}))

    def after(self, seconds: float) -> list[str]:
        """Let time pass, make one round, and return where the titles stand."""
        self.now += seconds
        self.poller.poll_once()
        return [content["status"] for content in self.poller.contents()]

    def error(self) -> dict[str, str] | None:
        return json.loads(self.file("outcome/{client}/A_ES.json").read_text())["error"]

    def waiting(self) -> list[str]:
        incoming = self.root / "incoming"
        return sorted(str(path.relative_to(incoming / CLIENT)) for path in incoming.rglob("*") if path.is_file())


@pytest.fixture
def partner(tmp_path, good_mp4) -> Iterator[Partner]:
    partner = Partner(tmp_path, good_mp4)
    yield partner
    partner.store.close()


def test_a_title_is_picked_up_processed_and_completed(partner, good_mp4):
    partner.deliver()
    assert partner.after(0) == ["picked_up"]
    assert not partner.file("incoming/{client}/metadata/A_ES.json").exists()
    assert partner.after(PROCESSING_S / 2) == ["processing"]
    assert partner.after(PROCESSING_S / 2) == ["completed"]
    assert partner.waiting() == []
    (content,) = partner.poller.contents()
    assert content == {
        "client": CLIENT,
        "external_id": "A_ES",
        "metadata_file": NAME,
        "metadata": {"external_id": "A_ES", "titulo": "Prueba", "id_cliente": CLIENT},
        "sha256": hashlib.sha256(good_mp4).hexdigest(),
        "size_bytes": len(good_mp4),
        "images": [
            {"name": "A_ES_poster.jpg", "sha256": hashlib.sha256(b"poster").hexdigest(), "size_bytes": 6},
            {"name": "A_ES_still.png", "sha256": hashlib.sha256(b"still").hexdigest(), "size_bytes": 5},
        ],
        "status": "completed",
        "error": None,
        "picked_up_at": "2026-03-02T06:00:00.000000Z",
    }


def test_a_completed_title_is_told_in_three_ways(partner):
    partner.deliver()
    partner.after(0)
    partner.after(PROCESSING_S)
    outcome = json.loads(partner.file("outcome/{client}/A_ES.json").read_text())
    assert outcome == {"status": "completed", "external_id": "A_ES", "error": None}
    assert partner.file("outcome/{client}/ingest.log").read_text() == "2026-03-02T06:01:00Z|A_ES.json|completed||\n"
    assert json.loads(partner.file("processed/{client}/A_ES.json").read_text())["titulo"] == "Prueba"
    assert not partner.file("error/{client}/A_ES.json").exists()


def test_a_title_that_ends_in_error_is_told_in_three_ways(partner):
    partner.plan(kind="error", code="X1", message="algo | raro\nde verdad")
    partner.deliver()
    partner.after(0)
    assert partner.after(PROCESSING_S) == ["error"]
    assert partner.error() == {"code": "X1", "message": "algo | raro\nde verdad"}
    log = partner.file("outcome/{client}/ingest.log").read_text()
    assert log == "2026-03-02T06:01:00Z|A_ES.json|error|X1|algo   raro de verdad\n"
    assert partner.file("error/{client}/A_ES.json").exists()
    assert not partner.file("processed/{client}/A_ES.json").exists()
    assert partner.waiting() == []


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ("{not JSON", "metadatos incompletos: el archivo no es un objeto JSON"),
        ("[1]", "metadatos incompletos: el archivo no es un objeto JSON"),
        ({"external_id": "A_ES"}, "metadatos incompletos: titulo, id_cliente"),
        ({"titulo": "x", "id_cliente": "y"}, "metadatos incompletos: external_id"),
        ({"external_id": "A_ES", "titulo": "x", "id_cliente": "y"}, "archivo_media no encontrado"),
        ({"external_id": "../../A_ES", "titulo": "x", "id_cliente": "y"}, "archivo_media no encontrado"),
        ({"external_id": 5, "titulo": "x", "id_cliente": "y"}, "archivo_media no encontrado"),
    ],
    ids=["no JSON", "no object", "fields", "no external_id", "no media", "path", "number"],
)
def test_incomplete_deliveries_end_in_error(partner, metadata, message):
    partner.commit(metadata)
    partner.after(0)
    assert partner.after(PROCESSING_S) == ["error"]
    assert partner.error() == {"code": "METADATA_INCOMPLETE", "message": message}


def test_media_that_is_no_video_ends_in_error(partner):
    partner.media = b"no video"
    partner.deliver()
    partner.after(0)
    assert partner.after(PROCESSING_S) == ["error"]
    assert partner.error()["code"] == "UNSUPPORTED_FORMAT"


@pytest.mark.parametrize("name", [".A_ES.json", "A_ES.json.part", "A_ES.jso", "A_ES.json.tmp"])
def test_what_has_no_final_name_is_left_alone(partner, name):
    partner.commit({"external_id": "A_ES"}, name)
    assert partner.after(0) == []
    assert partner.waiting() == [f"metadata/{name}"]


def test_a_title_is_left_lying_while_the_plan_says_so(partner):
    partner.plan(kind="not_picked_up", external_id="A_ES", times=1)
    partner.deliver()
    partner.deliver("B_ES")
    for _ in range(3):
        partner.after(0)
    assert [content["external_id"] for content in partner.poller.contents()] == ["B_ES"]
    assert [(one["seen"], one["hits"]) for one in partner.faults.listing()] == [(1, 1)]
    partner.faults.replace([])
    assert len(partner.after(0)) == 2


def test_a_stuck_title_never_ends_and_its_neighbour_does(partner):
    partner.plan(kind="stuck", external_id="A_ES")
    partner.deliver()
    partner.deliver("B_ES")
    partner.after(0)
    assert partner.after(PROCESSING_S * 100) == ["processing", "completed"]


def test_a_command_fault_does_not_strike_a_pickup(partner):
    partner.faults.replace(parse_faults({"service": "ftp", "kind": "cut"}))
    partner.deliver()
    assert partner.after(0) == ["picked_up"]
    assert partner.faults.listing()[0]["seen"] == 0


def test_a_restart_takes_up_what_was_picked_up(partner):
    partner.deliver()
    partner.after(0)
    partner.restart()
    assert partner.after(PROCESSING_S) == ["completed"]
    assert partner.file("processed/{client}/A_ES.json").exists()


def test_a_kill_between_remembering_and_moving_loses_nothing(partner):
    partner.deliver()
    statement = "INSERT INTO ftp_titles (client, metadata_file, picked_up_at, is_stuck) VALUES (?, ?, ?, 0)"
    partner.store.execute(statement, (CLIENT, NAME, AT))
    partner.restart()
    partner.after(0)
    assert partner.after(PROCESSING_S) == ["completed"]


def test_a_kill_before_the_end_was_told_is_made_up_for(partner):
    partner.deliver()
    partner.after(0)
    partner.store.execute("UPDATE ftp_titles SET ended_at = ?", (AT,))
    partner.restart()
    assert partner.after(0) == ["completed"]
    assert partner.file("outcome/{client}/A_ES.json").exists()
    assert partner.waiting() == []


@pytest.mark.parametrize("in_place", [True, False])
def test_a_newer_delivery_of_the_media_is_not_deleted(partner, in_place):
    partner.deliver()
    partner.after(0)
    media = partner.file("incoming/{client}/video/A_ES.mp4")
    if in_place:
        media.write_bytes(b"newer")
    else:
        media.with_suffix(".part").write_bytes(b"newer")
        media.with_suffix(".part").replace(media)
    assert partner.after(PROCESSING_S) == ["completed"]
    assert (partner.waiting(), media.read_bytes()) == (["video/A_ES.mp4"], b"newer")


def test_a_second_delivery_has_the_last_word(partner):
    partner.deliver(titulo=None)
    partner.after(0)
    partner.after(PROCESSING_S)
    partner.deliver()
    partner.after(0)
    assert partner.after(PROCESSING_S) == ["error", "completed"]
    assert partner.error() is None
    assert partner.file("processed/{client}/A_ES.json").exists()
    assert not partner.file("error/{client}/A_ES.json").exists()
    assert len(partner.file("outcome/{client}/ingest.log").read_text().splitlines()) == 2


def test_another_client_has_folders_of_its_own(partner):
    partner.deliver(client="another")
    partner.after(0)
    partner.after(PROCESSING_S)
    assert partner.poller.contents()[0]["client"] == "another"
    assert (partner.root / "processed" / "another" / "A_ES.json").exists()
    assert (partner.root / "outcome" / "another" / "ingest.log").exists()


def test_media_are_kept_where_asked_for(tmp_path, good_mp4):
    partner = Partner(tmp_path, good_mp4, keep_files=True)
    partner.deliver()
    partner.after(0)
    partner.after(PROCESSING_S)
    sha256 = hashlib.sha256(good_mp4).hexdigest()
    assert (tmp_path / "files" / f"{sha256}.mp4").read_bytes() == good_mp4
    assert partner.waiting() == []
    partner.store.close()


def test_all_is_forgotten_when_asked(partner):
    partner.deliver()
    partner.after(0)
    partner.deliver("B_ES")
    partner.poller.clear()
    assert (partner.after(0), partner.waiting()) == ([], [])
    assert list((partner.state_dir / "picked_up").iterdir()) == []


def test_a_delivery_by_ftp_comes_to_its_end(box, good_mp4):
    caller = connect(box.ftp_port)
    incoming = f"/incoming/{CLIENT}"
    store(caller, f"{incoming}/video/A_ES.mp4", good_mp4)
    metadata = json.dumps({"external_id": "A_ES", "titulo": "Prueba", "id_cliente": CLIENT}).encode()
    store(caller, f"{incoming}/metadata/A_ES.json.part", metadata)
    caller.rename(f"{incoming}/metadata/A_ES.json.part", f"{incoming}/metadata/A_ES.json")
    deadline = time.monotonic() + 10
    while caller.nlst(f"/processed/{CLIENT}") != ["A_ES.json"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert json.loads(retrieve(caller, f"/outcome/{CLIENT}/A_ES.json"))["status"] == "completed"
    assert b"|A_ES.json|completed||" in retrieve(caller, f"/outcome/{CLIENT}/ingest.log")
    assert caller.nlst(f"{incoming}/video") == caller.nlst(f"{incoming}/metadata") == []
    assert [content["status"] for content in box.ftp_contents()] == ["completed"]
    caller.quit()
