"""The params of a comparison with JW Player, and the states of media that quality control reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edye_delivery.catalog.jw_check import JwCheckRequest, jw_check_of
from edye_delivery.catalog.jw_states import NO_STATES, OLDEST, BadMedia, MediaState, MediaStates, usable_states
from edye_delivery.catalog.request import RunFacts
from edye_delivery.errors import InvalidRequest

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PARTNERS = ("roku_premium_subs_mx", "sample_pull")


def asked(params=None, keys=()):
    return jw_check_of(params or {}, RunFacts("manual__1", None, None, NOON, tuple(keys)), PARTNERS)


def test_without_params_the_whole_library_is_compared():
    request = asked()

    assert (request.titles, request.partner, request.run.end_at) == ((), "", NOON)
    assert request.library_name == "jw_player/sweep.sqlite"


def test_titles_and_partner_are_taken_and_named_titles_have_a_file_of_their_own():
    request = asked({"external_ids": [" EDYE_X ", "EDYE_X", "mv-1"], "partner": " sample_pull "})

    assert (request.titles, request.partner) == (("EDYE_X", "mv-1"), "sample_pull")
    assert request.library_name == "jw_player/titles.sqlite"
    assert request.name("report.html").startswith("runs/jw_player/")
    assert JwCheckRequest.model_validate(request.model_dump(mode="json")) == request


@pytest.mark.parametrize(
    ("params", "keys", "told"),
    [
        ({"partner": "roku_premium"}, (), "roku_premium_subs_mx"),
        ({"partner": "zzz"}, (), "there are roku_premium_subs_mx, sample_pull"),
        ({"partner": 5}, (), "which no annex is for"),
        ({"external_ids": "EDYE_X"}, (), "external_ids is a list of texts"),
        ({}, ("window_start",), "has no param 'window_start'; it takes external_ids, max_loss_percent, partner"),
        ({"max_loss_percent": 101}, (), "it is a number from 0 to 100"),
        ({"max_loss_percent": -1}, (), "it is a number from 0 to 100"),
        ({"max_loss_percent": True}, (), "it is a number from 0 to 100"),
        ({"max_loss_percent": "5"}, (), "it is a number from 0 to 100"),
    ],
)
def test_a_wrong_param_is_refused_in_a_sentence(params, keys, told):
    with pytest.raises(InvalidRequest, match=told):
        asked(params, keys)


STATES = MediaStates(swept_at=NOON, media_read=3, bad={"aB3dE6gH": BadMedia(state=MediaState.FAILED, detail="x")})
CONTENT = STATES.model_dump_json().encode()


def test_without_a_file_nothing_is_known_and_that_is_said():
    assert usable_states(None, NOON) is NO_STATES
    assert "no comparison with it has ended yet" in NO_STATES.why_not
    assert NO_STATES.bad_media("aB3dE6gH") is None


def test_a_sweep_of_two_days_ago_is_used():
    usable = usable_states(CONTENT, NOON + OLDEST)

    assert usable.bad_media("aB3dE6gH") == BadMedia(state=MediaState.FAILED, detail="x")
    assert (usable.bad_media("other000"), usable.bad_media(None), usable.why_not) == (None, None, "")


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff"])
def test_a_file_that_cannot_be_read_says_nothing_of_any_media(content):
    usable = usable_states(content, NOON)

    assert usable.states is None
    assert "cannot be read" in usable.why_not


def test_an_older_sweep_is_not_used_and_that_is_said():
    usable = usable_states(CONTENT, NOON + OLDEST + timedelta(seconds=1))

    assert usable.bad_media("aB3dE6gH") is None
    assert "began 2026-03-02T12:00:00Z, more than 2 days ago" in usable.why_not
