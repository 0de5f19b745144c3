"""Annex files: unknown keys, broken YAML and wrong names end in a sentence with file and key."""

import os

import pytest
import yaml

from edye_delivery.annex.load import load_annexes, read_annexes
from edye_delivery.annex.outcome import cause_of, error_of, state_of, tracking_id_of
from edye_delivery.annex.yaml_file import read_yaml
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.vocabulary import Cause, IngestState
from edye_delivery.errors import AnnexInvalid
from tests.builders import ANNEX_FILE, annex_content, annex_file, the_annex


def test_the_roku_annex_says_what_the_partner_document_says():
    annex = the_annex()
    assert (annex.api.ingest_path, annex.api.status_path) == ("/api/ingesta/contenido", "/api/ingesta/status")
    assert (annex.video.min_short_edge_px, annex.video.max_duration_s, annex.video.codecs) == (720, 7200, ("h264",))
    assert annex.minimum_metadata == ("titulo", "id_cliente")
    assert annex.alert.consecutive_errors == 10
    assert len(annex.acceptance) == 5


ROKU = ANNEX_FILE.read_text(encoding="utf-8").replace("partner: roku_premium_subs_mx", "partner: roku")


BILLION = "a: &a [1, 1]\n" + "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


def written(folder, content):
    path = folder / "roku.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def complaint_of(folder, content):
    written(folder, content)
    with pytest.raises(AnnexInvalid) as told:
        load_annexes(folder)
    return str(told.value)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("batch_size: 50", "batch_size: 0", "batch_size: has to be greater than or equal to 1, and is 0"),
        ("batch_size: 50", "batch_size: many", "and is 'many'"),
        ("batch_size: 50", "batchsize: 50", "batchsize: there is no such key; batch_size was probably meant"),
        ("batch_size: 50", "zzz: 50", "zzz: there is no such key; the keys here are partner, display_name, client_id"),
        ("tags: [roku]", "tgas: [roku]", "catalogue.tgas: there is no such key; tags was probably meant"),
        ("tags: [roku]", "tags: roku", "catalogue.tags: has to be a list, and is 'roku'"),
        ("fail_on: any", "fail_on: anny", "fail_on: is 'anny'; it is one of any, technical; any was probably meant"),
        ("by: outcome_file", "by: outcomefile", "ftp.outcome: by is 'outcomefile'; it is one of pickup, moved, "),
        ("by: outcome_file", "bye: outcome_file", "ftp.outcome: needs the key 'by'"),
        (
            "state_key: status\n    states",
            "statekey: status\n    states",
            "ftp.outcome.statekey: there is no such key; ",
        ),
        ("    poster:", "    postr:", "images.limits.postr: is 'postr'; it is one of key_art, poster, "),
        ("{field: lang}", "{field: lnag}", "metadata.idioma.field: is 'lnag'; it is one of title, "),
        (
            "{field: lang}",
            "{constant: {a: 1}}",
            "metadata.idioma.constant: has to be a valid string or a valid integer or ",
        ),
        ("map: rating", "map: stars", "metadata.rating.map names the table 'stars', which mappings does not have"),
        ("video_codec: h264", "video_codec: hevc", "reencode.video_codec gives hevc, which video does not allow: h264"),
        ("container: mp4", "container: mov", "reencode.container gives mov, which video does not allow"),
        ("encoder: libx264", "encoder: -y", "reencode.encoder: has to match pattern"),
        ("display_name:", "#", "display_name: is missing"),
        ('"0 6 * * *"', '"0 6 * *"', "schedule: '0 6 * *' is no cron schedule, such as '0 6 * * *'"),
        ('"0 6 * * *"', '"0 6 * *"', "it has five fields, minute, hour, day, month and weekday, and 4 are here"),
        ('"0 6 * * *"', '"0 6 * * * 30"', "and 6 are here"),
        ('"0 6 * * *"', '"R 6 * * *"', "schedule: 'R 6 * * *' is no cron schedule"),
        ('"0 6 * * *"', '"@dayly"', "schedule: '@dayly' is no cron schedule"),
        ('"0 6 * * *"', '"0 6 31 2 *"', "schedule: '0 6 31 2 *' is no cron schedule"),
        ("give_up_s: 7200", "give_up_s: .inf", "api.polling.give_up_s: has to be a finite number, and is inf"),
        ("batch_size: 50", "batch_size: 50\nbatch_size: 5", "line 8: the key 'batch_size' is already in line 7"),
        ("batch_size: 50", "batch_size: 2026-13-01", "line 7: '2026-13-01' cannot be read; put quotes around it"),
        ("batch_size: 50", "batch_size: " + "1" * 6000, "line 7: '1111"),
        ("batch_size: 50", "? [a]\n: 1", "line 7: a key has to be a word"),
        ("batch_size: 50", "batch_size: !!python/name:os.system", "line 7: "),
        ("tags: [roku]", "tags: !!set {roku}", "is a type that an annex does not have"),
        ("batch_size: 50", "batch_size: !!bool maybe", "line 7: 'maybe' cannot be read; put quotes around it"),
        ("batch_size: 50", "batch_size: !!int ''", "line 7: '' cannot be read"),
        ("batch_size: 50", "batch_size: !!float ''", "line 7: '' cannot be read"),
        ("batch_size: 50", "batch_size: !!timestamp foo", "line 7: 'foo' cannot be read"),
        ("batch_size: 50", "!!bool maybe: 50", "line 7: 'maybe' cannot be read"),
        ("batch_size: 50", "!!seq text: 50", "line 7: 'tag:yaml.org,2002:seq' is a type that an annex does not have"),
    ],
)
def test_a_defect_is_a_sentence_with_its_place_and_what_was_probably_meant(tmp_path, old, new, told):
    assert old in ROKU
    assert told in complaint_of(tmp_path, ROKU.replace(old, new, 1))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "is empty"),
        ("# only a comment\n", "is empty"),
        ("partner: [", "line 2, column 1: is no YAML: "),
        ("partner: a\n  b: c\n", "line 2, column 4: is no YAML: "),
        ("partner: a\n---\npartner: b\n", "line 2, column 1: is no YAML: "),
        ("partner: a\x00", "control characters are not allowed"),
        (b"partner: a\nclient_id: caf\xe9\n", "line 2: byte 0xe9 is not UTF-8; save the file as UTF-8"),
        (b"\xff\xfe" + "partner: a".encode("utf-16-le"), "line 1: byte 0xff is not UTF-8"),
        (BILLION, "values or 32 levels, aliases written out"),
        ("a: &a [*a]\n", "line 1: has more than 50,000 values or 32 levels, aliases written out"),
        ("a: *b\n", "line 1, column 4: is no YAML: "),
        ("[" * 250_000, "line 1: is nested more than 32 levels deep"),
        ("{a: " * 40 + "1" + "}" * 40, "line 1: is nested more than 32 levels deep"),
        ("a" * 256_001, "is larger than 256,000 bytes"),
        ("!!python/object/apply:os.system [ls]", "is a type that an annex does not have"),
        ("[a, b]", "an annex has to be a section of keys and values, and is ['a', 'b']"),
        ("just words", "an annex has to be a section of keys and values, and is 'just words'"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_annex_at_all_is_a_sentence_too(tmp_path, content, told):
    complaint = complaint_of(tmp_path, content)
    assert complaint.startswith("roku.yaml: ")
    assert told in complaint
    assert len(complaint) < 400


def test_all_defects_of_a_file_are_told_at_once_those_between_sections_too(tmp_path):
    text = ROKU.replace("fail_on: any", "fail_onn: any").replace("map: rating", "map: stars")
    text = text.replace("thumbnails: [landscape_16x9]", "thumbnails: [square]").replace(
        "partner: roku", "partner: roko"
    )
    complaint = complaint_of(tmp_path, text.replace("visible_only: true", "visible_only: true\n  visible_only: true"))
    assert complaint.splitlines()[0] == "roku.yaml: 5 defects"
    for told in (
        "visible_only' is already in line",
        "fail_onn: there is no such key; fail_on was probably meant",
        "names the table 'stars'",
        "ftp.thumbnails names the thumbnail 'square'",
        "describes the partner 'roko'; name the file after its partner, roko.yaml",
    ):
        assert told in complaint


def test_an_alias_and_a_merge_stand_for_what_they_name(tmp_path):
    text = "ftp: &slow {every_s: 9, give_up_s: 90}\nhand: *slow\napi: {<<: *slow, every_s: 1}\n"
    text += "all: {<<: [{a: 1}, {a: 2, b: 2}]}\n"
    slow = {"every_s": 9, "give_up_s": 90}
    expected = {"ftp": slow, "hand": slow, "api": {"every_s": 1, "give_up_s": 90}, "all": {"a": 1, "b": 2}}
    assert read_yaml(written(tmp_path, text)) == (expected, [])


def test_a_file_with_nothing_but_defects_is_told_in_a_bounded_list(tmp_path):
    complaint = complaint_of(tmp_path, "".join(f"catalog{number}: 1\n" for number in range(14_000)))
    assert len(complaint.splitlines()) < 110
    assert complaint.splitlines()[-1].startswith("  - and 1")
    assert complaint.endswith(" more")


def test_a_file_that_cannot_be_opened_is_no_reason_to_wait_or_to_fail_for_others(tmp_path):
    annex_file(tmp_path, "alpha")
    (tmp_path / "folder.yaml").mkdir()
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nothing")
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "beta.yml").write_text(ROKU.replace("partner: roku", "partner: beta"))
    (tmp_path / "README.md").write_text("no annex")
    found = read_annexes(tmp_path)
    assert list(found.annexes) == ["alpha"]
    assert found.complaint.splitlines() == [
        "beta.yml: cannot be read as an annex: name the file beta.yaml",
        "folder.yaml: cannot be read as an annex: is no file",
        "gone.yaml: cannot be read as an annex: is no file",
        "pipe.yaml: cannot be read as an annex: is no file",
    ]


@pytest.mark.parametrize("value", ["!!bool maybe", "!!int ''", "!!float ''", "!!timestamp foo", "{!!set x: 1}"])
def test_a_value_that_is_none_of_its_tag_costs_its_own_partner_alone(tmp_path, value):
    annex_file(tmp_path, "alpha")
    (tmp_path / "beta.yaml").write_text(f"a: {value}\n")
    found = read_annexes(tmp_path)
    assert list(found.annexes) == ["alpha"]
    assert list(found.refused) == ["beta.yaml"]


def test_a_folder_that_is_not_there_is_told_instead_of_being_no_partners(tmp_path):
    found = read_annexes(tmp_path / "annexes")
    assert found.annexes == {}
    assert "the folder of the annexes cannot be read: No such file or directory" in found.complaint


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
    assert told in complaint_of(tmp_path, yaml.safe_dump(annex_content() | {"partner": "roku"} | terms | more))


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


def test_a_state_word_in_two_spellings_has_one_meaning(tmp_path):
    states = "{received: received, processing: processing, completed: completed, error: error"
    assert "states has 'Error' twice" in complaint_of(tmp_path, ROKU.replace(states, states + ", Error: completed", 1))


def test_states_and_errors_of_odd_answers_are_none_or_bounded():
    channel = the_annex().api
    assert state_of(channel, {"status": "completed"}) is IngestState.COMPLETED
    assert state_of(channel, {"status": "COMPLETED"}) is IngestState.COMPLETED
    assert state_of(channel, {"status": "done"}) is None
    assert cause_of(the_annex(), http_status=415, code="unsupported_format", text="") is Cause.MEDIA
    code, text = error_of(channel, {"error": {"code": 7, "message": "x\n" * 10_000}}, printable)
    assert code == "7"
    assert len(text) <= 500
    assert "\n" not in text


@pytest.mark.parametrize(
    ("section", "old", "new"), [("api", "patience", "retry"), ("batch_time", "judge_s", "check_s")]
)
def test_a_key_of_an_older_annex_is_refused_with_its_new_name(tmp_path, section, old, new):
    content = yaml.safe_load(ROKU) | {"batch_time": {"check_s": 3600}}
    content[section][old] = content[section].pop(new)
    told = f"{section}.{old}: there is no such key any more; it is called {new} now"
    assert told in complaint_of(tmp_path, yaml.safe_dump(content))
