"""Two annexes never write to one place: a copy that was not changed enough is refused, the original stays."""

import pytest
import yaml

from edye_delivery.annex.load import read_annexes
from tests.builders import ANNEX_FILE, annex_content, annex_file

ORIGINAL = "roku_premium_subs_mx"


def copied(folder, partner, **changes):
    content = annex_content() | {"partner": partner} | changes
    (folder / f"{partner}.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / ANNEX_FILE.name).write_bytes(ANNEX_FILE.read_bytes())
    return tmp_path


@pytest.mark.parametrize("partner", ["a_copy", "zz_copy"], ids=["sorted before", "sorted after"])
def test_a_copied_annex_is_refused_and_the_original_keeps_its_places(folder, partner):
    copied(folder, partner)
    found = read_annexes(folder)
    assert list(found.annexes) == [ORIGINAL]
    (sentence,) = found.refused[f"{partner}.yaml"]
    for told in (
        f"{ORIGINAL}.yaml and this one write to the same place: ",
        f"the client '{ORIGINAL}' of the connection roku_ingest",
        f"the folder /incoming/{ORIGINAL}/metadata of the connection roku_ftp",
        f"the prefix {ORIGINAL}/search of the connection feed_store",
        f"it belongs to {ORIGINAL}, which has its name in it: give {partner} its own",
    ):
        assert told in sentence


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"client_id": ORIGINAL, "feeds": [], "ftp": None}, "the client"),
        ({"client_id": "other", "ftp": None}, f"the prefix {ORIGINAL}/search"),
    ],
    ids=["client", "prefix"],
)
def test_one_place_is_enough(folder, changes, told):
    copied(folder, "copy", **changes)
    (sentence,) = read_annexes(folder).refused["copy.yaml"]
    assert f"write to the same place: {told}" in sentence


def test_ftp_folders_without_a_client_in_them_are_one_place(folder):
    ftp = annex_content()["ftp"]
    ftp["folders"] = dict.fromkeys(("video", "images", "metadata"), f"/incoming/{ORIGINAL}/video")
    copied(folder, "copy", client_id="other", feeds=[], ftp=ftp)
    (sentence,) = read_annexes(folder).refused["copy.yaml"]
    assert (
        f"write to the same place: the folder /incoming/{ORIGINAL}/video of the connection roku_ftp. They" in sentence
    )


def test_one_client_at_two_apis_and_two_clients_at_one_are_two_places(folder):
    api, ftp = annex_content()["api"], None
    copied(folder, "copy", api=api | {"conn_id": "elsewhere"}, ftp=ftp, feeds=[])
    copied(folder, "other", client_id="other", ftp=ftp, feeds=[])
    found = read_annexes(folder)
    assert (sorted(found.annexes), found.complaint) == (["copy", "other", ORIGINAL], "")


def test_where_no_name_decides_the_first_by_name_keeps_the_place_and_the_sentence_says_so(tmp_path):
    annex_file(tmp_path, "alpha", client_id="shared")
    annex_file(tmp_path, "beta", client_id="shared")
    found = read_annexes(tmp_path)
    assert list(found.annexes) == ["alpha"]
    assert "it belongs to alpha, which comes first by name: give beta its own" in found.complaint
