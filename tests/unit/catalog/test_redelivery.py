"""What a redelivery was asked to do."""

from datetime import UTC, datetime

import pytest

from edye_delivery.catalog.redelivery import redelivery_of
from edye_delivery.catalog.request import EPOCH, RunFacts
from edye_delivery.catalog.vocabulary import Channel, Mode
from edye_delivery.errors import InvalidRequest

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
REASON = {"reason": "the partner lost it in its migration"}
TITLES = {"external_ids": ["EDYE_A"]}
WINDOW = {"window_start": "2026-03-01T06:00:00Z", "window_end": "2026-03-02T06:00:00Z"}


def asked(**params):
    facts = RunFacts("manual__1", NOON, NOON, NOON, tuple(params))
    return redelivery_of("roku", params, facts, Channel.API)


def test_titles_by_name_are_looked_for_everywhere_and_nothing_is_sent_until_told_otherwise():
    request = asked(**TITLES, **REASON)
    assert (request.start_at, request.end_at, request.whole_catalogue) == (EPOCH, NOON, True)
    assert (request.dry_run, request.correction, request.mode) == (True, "by_cause", Mode.FAILED)
    assert not request.force_resend
    assert asked(**TITLES, **REASON, dry_run=False).dry_run is False


def test_a_window_is_enough():
    request = asked(**WINDOW, **REASON)
    assert (request.start_at.day, request.end_at.day, request.external_ids) == (1, 2, ())


@pytest.mark.parametrize(
    ("correction", "mode", "force"),
    [
        ("by_cause", Mode.FAILED, False),
        ("metadata", Mode.ALL, False),
        ("media", Mode.ALL, True),
        ("resend", Mode.ALL, True),
    ],
)
def test_a_correction_decides_what_is_taken_up_and_whether_accepted_titles_go_again(correction, mode, force):
    request = asked(**TITLES, **REASON, correction=correction)
    assert (request.mode, request.force_resend) == (mode, force)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        (REASON, "give external_ids or a window"),
        ({**REASON, "window_start": "2026-03-01T06:00:00Z"}, "give external_ids or a window"),
        (TITLES, "reason is a sentence that says why these titles are delivered again"),
        ({**TITLES, "reason": "because"}, "reason is a sentence"),
        (
            {**TITLES, **REASON, "correction": "all"},
            "correction is 'all'; it is one of by_cause, metadata, media, resend",
        ),
        ({**TITLES, **REASON, "dry_run": "no"}, "dry_run is 'no'; it is true or false"),
        ({**TITLES, **REASON, "mode": "all"}, "this DAG has no param 'mode'"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(params, told):
    with pytest.raises(InvalidRequest, match=told):
        asked(**params)
