"""What JW Player's values say by themselves."""

from __future__ import annotations

import pytest

from edye_delivery.catalog.jw_player import JwDelivered, JwMedia, JwPicture, JwStatus, lost_too_much


def test_status_of_the_contract_is_known():
    assert JwMedia("aaaaaaa1", "failed").known_status is JwStatus.FAILED


def test_unknown_status_is_kept_as_the_word_it_is():
    media = JwMedia("aaaaaaa1", "sleeping")
    assert (media.status, media.known_status) == ("sleeping", None)


def test_media_has_a_picture_where_the_delivery_api_names_one():
    assert JwDelivered("aaaaaaa1", images=(JwPicture("https://cdn.example/p.jpg", 720),)).has_picture
    assert not JwDelivered("aaaaaaa1").has_picture


@pytest.mark.parametrize(
    ("last", "read", "is_too_much"),
    [(None, 0, False), (100, 98, False), (100, 97, True), (100, 120, False), (0, 0, False)],
    ids=["first sweep", "at the bound", "beyond it", "grown", "empty library"],
)
def test_sweep_that_lost_more_than_two_percent_is_not_believed(last, read, is_too_much):
    assert lost_too_much(last, read) is is_too_much
