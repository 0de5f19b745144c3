"""What a withdrawal asks for: titles by name or by when they were accepted, a reason, an end date that lies ahead."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edye_delivery.catalog.request import RunFacts
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.catalog.withdrawal import withdrawal_of
from edye_delivery.errors import InvalidRequest

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
TITLES = {"external_ids": ["EDYE_PLANETA_S01E03_ES"]}
WINDOW = {"window_start": "2026-03-01T06:00:00Z", "window_end": "2026-03-02T06:00:00Z"}
REASON = {"reason": "the rights for Mexico ended, agreed with Legal"}


def asked(**params):
    facts = RunFacts("run-1", NOW, NOW, NOW, tuple(params))
    return withdrawal_of("roku", params, facts, Channel.API)


def test_titles_by_name_are_withdrawn_at_once_and_only_when_told_so():
    request = asked(**TITLES, **REASON)
    assert (request.external_ids, request.dry_run) == (("EDYE_PLANETA_S01E03_ES",), True)
    assert request.withdrawal.end_at is None
    assert request.correction is None
    assert not request.is_persons_decision


def test_a_window_is_of_acceptances_and_an_end_date_is_kept():
    request = asked(**WINDOW, **REASON, end_at="2026-06-30T23:59:00-06:00", dry_run=False)
    assert (request.start_at.day, request.end_at.day, request.dry_run) == (1, 2, False)
    assert request.withdrawal.end_at == datetime(2026, 7, 1, 5, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("params", "told"),
    [
        (REASON, "give external_ids or a window"),
        (TITLES, "reason is a sentence that says why these titles are withdrawn"),
        ({**TITLES, **REASON, "end_at": "2026-03-02T11:00:00Z"}, "which is in the past: leave it empty"),
        ({**TITLES, **REASON, "end_at": "tomorrow"}, "end_at is 'tomorrow', not a moment"),
        ({**TITLES, **REASON, "correction": "resend"}, "this DAG has no param 'correction'"),
        ({**TITLES, **REASON, "dry_run": 0}, "dry_run is 0; it is true or false"),
    ],
)
def test_what_is_wrong_is_told_in_a_sentence(params, told):
    with pytest.raises(InvalidRequest, match=told):
        asked(**params)
