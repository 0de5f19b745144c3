"""Stable addresses of ours for media files whose host asks for signatures."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.model import Annex
from edye_delivery.annex.pull_item import entry_id_of, entry_of, title_item_of
from edye_delivery.annex.signed_media import NAME_MAX_CHARS, SignedMedia, address_of, without_signature
from edye_delivery.pipeline.exposed_items import form_digest
from tests.builders import a_movie, annex_content

BASE = "https://delivery.example"
VIDEO = "https://cdn.jwplayer.com/videos/aB3dE6gH-1080.mp4"
OTHER = "https://media.example/a.mp4"
MAY = ["shows", "episodes", "feed", "media"]


def pulled(endpoints=MAY, **pull):
    usual = {"users": {"app": {"endpoints": list(endpoints)}}, "check": {"user": "app"}, "entry_id": "uuid5"}
    return pull_annex_of(Annex.model_validate(annex_content() | {"pull": usual | pull}))


def signed(**more):
    return SignedMedia.model_validate({"base_url": BASE} | more)


def a_title(*files):
    return a_movie(sources=[{"file": file, "type": "video/mp4"} for file in files])


def files_of(item):
    return [source["file"] for source in item["sources"]]


def test_an_annex_asks_for_no_signatures_unless_it_says_so():
    annex = pulled()
    assert annex.pull.signed_media is None
    assert files_of(entry_of(annex, annex.pull, a_title(VIDEO, OTHER), "X")) == [VIDEO, OTHER]


def test_item_and_entry_have_one_address_of_ours_for_a_file_whose_host_asks_for_signatures():
    annex = pulled(signed_media={"base_url": BASE})
    title = a_title(VIDEO, OTHER)
    ours, other = files_of(entry_of(annex, annex.pull, title, "X"))
    assert files_of(title_item_of(annex, annex.pull, title, "X")) == [ours, other]
    assert ours.startswith(f"{BASE}/v1/media/{entry_id_of(annex.pull, title.id)}/sources/")
    assert (address_of(ours.rpartition("/")[2]), other) == (VIDEO, OTHER)


def test_our_address_stays_the_same_while_the_catalogue_signs_its_own_anew():
    first, second = (
        signed().stable_address("m1", f"{VIDEO}?exp={exp}&q=1&sig={sig}#t") for exp, sig in ((1, 2), (3, 4))
    )
    assert first == second == signed().stable_address("m1", f"{VIDEO}?q=1")
    assert address_of(first.rpartition("/")[2]) == f"{VIDEO}?q=1"


def test_another_file_has_another_address_so_that_a_partner_reads_it_again():
    assert signed().stable_address("m1", VIDEO) != signed().stable_address("m1", VIDEO.replace("1080", "720"))


@pytest.mark.parametrize(
    "address",
    [
        OTHER,
        "https://cdn.jwplayer.com.evil.example/a.mp4",
        "https://cdn.jwplayer.com@evil.example/a.mp4",
        VIDEO.replace("https://", "https://me:secret@"),
        "ftp://cdn.jwplayer.com/a.mp4",
        "https://cdn.jwplayer.com/a\r\nSet-Cookie: x",
        "https://cdn.jwplayer.com/niña.mp4",
        "https://cdn.jwplayer.com:port/a.mp4",
        "https://[cdn.jwplayer.com/a.mp4",
        "https://cdn.jwplayer.com/" + "x" * 1200,
        "",
    ],
    ids=lambda address: address[:45] or "empty",
)
def test_any_other_address_is_left_as_it_is(address):
    assert signed().stable_address("m1", address) == address


@pytest.mark.parametrize(
    "name", ["", "a", "a b", "ä", "aHR0cDovL2E\n", "x" * (NAME_MAX_CHARS + 1), "gICA", "DQo"], ids=repr
)
def test_a_text_that_is_no_name_says_no_address(name):
    assert address_of(name) is None


def test_only_what_a_signature_adds_is_left_out():
    assert without_signature("https://a/b?x=1&exp=2&expert=3&sig=4&token=5") == "https://a/b?x=1&expert=3"
    assert without_signature("https://a/b?exp=2") == without_signature("https://a/b#c") == "https://a/b"


def test_items_are_written_again_where_their_addresses_differ_and_not_for_another_validity():
    none, usual, longer, other = (
        form_digest(pulled(signed_media=words))
        for words in (
            None,
            {"base_url": BASE},
            {"base_url": BASE, "valid_minutes": 5},
            {"base_url": "https://other.example"},
        )
    )
    assert none != usual == longer != other
    assert none == form_digest(pulled())


WRONG = {
    "a check that may not call media": ({"endpoints": ["shows"]}, "check.user, app, may not call media"),
    "no sources": ({"endpoints": ["shows"], "scope": {"sources": False}}, "scope.sources is false"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_annex_in_whose_name_nobody_could_read_the_files_is_refused(name):
    changes, sentence = WRONG[name]
    with pytest.raises(ValidationError, match=sentence):
        pulled(signed_media={"base_url": BASE}, **changes)


@pytest.mark.parametrize(
    "base_url", [f"{BASE}/", f"{BASE}/path", "delivery.example", "https://a@b.example", "https://"]
)
def test_the_base_address_is_one_without_path_and_user(base_url):
    with pytest.raises(ValidationError, match="base_url"):
        signed(base_url=base_url)
