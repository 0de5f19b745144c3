"""Annex files: unknown keys, broken YAML and wrong names end in a sentence with file and key."""

import pytest

from edye_delivery.annex.load import load_annex, load_annexes
from edye_delivery.annex.outcome import cause_of, error_of, state_of, tracking_id_of
from edye_delivery.catalog.vocabulary import Cause, IngestState
from edye_delivery.errors import AnnexInvalid
from tests.builders import ANNEX_FILE, annex_file, the_annex


def test_the_roku_annex_says_what_the_partner_document_says():
    annex = the_annex()
    assert (annex.api.ingest_path, annex.api.status_path) == ("/api/ingesta/contenido", "/api/ingesta/status")
    assert (annex.video.min_short_edge_px, annex.video.max_duration_s, annex.video.codecs) == (720, 7200, ("h264",))
    assert annex.minimum_metadata == ("titulo", "id_cliente")
    assert annex.alert.consecutive_errors == 10
    assert len(annex.acceptance) == 5


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("partner: [", "cannot be read"),
        ("partner: roku\nsurprise: 1", "roku.yaml"),
        (ANNEX_FILE.read_text(encoding="utf-8"), "name the file"),
        (ANNEX_FILE.read_text(encoding="utf-8").replace("batch_size: 50", "batch_size: 0"), "batch_size"),
        (ANNEX_FILE.read_text(encoding="utf-8").replace("map: rating", "map: stars"), "stars"),
        (ANNEX_FILE.read_text(encoding="utf-8") + "\ntypo: 1\n", "typo"),
        (ANNEX_FILE.read_text(encoding="utf-8").replace("video_codec: h264", "video_codec: hevc"), "does not allow"),
        (ANNEX_FILE.read_text(encoding="utf-8").replace("container: mp4", "container: mov"), "does not allow"),
        (ANNEX_FILE.read_text(encoding="utf-8").replace("encoder: libx264", "encoder: -y"), "reencode.encoder"),
    ],
    ids=["YAML", "missing keys", "other name", "bound", "table", "typo", "codec", "container", "option"],
)
def test_a_defect_is_told_with_file_and_key(tmp_path, text, told):
    path = tmp_path / "roku.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AnnexInvalid, match=told):
        load_annex(path)


@pytest.mark.parametrize(
    ("path", "more", "told"),
    [
        ("/api/ingesta/contenido", {}, "withdrawal.endpoint.path"),
        ("/api/{client_id}/{external_id}", {}, "client_id"),
        ("https://elsewhere/{external_id}", {}, "withdrawal.endpoint.path"),
        ("/api/{external_id}", {"api": None}, "has no section api"),
    ],
    ids=["no title", "another variable", "another host", "no API"],
)
def test_a_withdrawals_call_names_its_title_and_stays_at_the_partner(tmp_path, path, more, told):
    terms = {"withdrawal": {"endpoint": {"path": path}}}
    with pytest.raises(AnnexInvalid, match=told):
        annex_file(tmp_path, "roku", **terms, **more)


def test_a_folder_gives_its_partners_by_name(tmp_path):
    annex_file(tmp_path, "zeta")
    annex_file(tmp_path, "alpha")
    assert list(load_annexes(tmp_path)) == ["alpha", "zeta"]


@pytest.mark.parametrize(
    ("status", "code", "text", "cause"),
    [
        (400, "METADATA_INCOMPLETE", "", Cause.METADATA),
        (200, "", "Metadatos incompletos: titulo", Cause.METADATA),
        (200, "", "formato no soportado: hevc", Cause.MEDIA),
        (415, "", "", Cause.MEDIA),
        (409, "STILL_PROCESSING", "", Cause.TRANSIENT),
        (503, "", "", Cause.TRANSIENT),
        (401, "", "", Cause.AUTH),
        (200, "E_NEW", "algo pasó", Cause.UNKNOWN),
    ],
)
def test_the_partner_s_words_become_our_causes_and_are_never_guessed(status, code, text, cause):
    assert cause_of(the_annex(), http_status=status, code=code, text=text) is cause


def test_the_tracking_id_is_found_under_the_annex_s_keys_in_order():
    channel = the_annex().api
    assert tracking_id_of(channel, {"id": "b", "tracking_id": "a"}) == "a"
    assert tracking_id_of(channel, {"status": "received", "id": "1234-5678"}) == "1234-5678"
    assert tracking_id_of(channel, {"id": ["x"]}) is None
    assert tracking_id_of(channel, [1]) is None


def test_states_and_errors_of_odd_answers_are_none_or_bounded():
    channel = the_annex().api
    assert state_of(channel, {"status": "completed"}) is IngestState.COMPLETED
    assert state_of(channel, {"status": "done"}) is None
    code, text = error_of(channel, {"error": {"code": 7, "message": "x\n" * 10_000}})
    assert code == "7"
    assert len(text) <= 500
    assert "\n" not in text
