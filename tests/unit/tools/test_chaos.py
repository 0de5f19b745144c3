"""The chaos proof's own check: every kind of wrong is counted, what is right is not; trouble is drawn by seed."""

import hashlib

import pytest

from tools.chaos.checks import Findings, check, check_store
from tools.chaos.troubles import FAULTS, KINDS, name_of, plan_of
from tools.chaos.windows import GOOD_MIN, TITLES_MAX, TITLES_MIN, SmallWindow, window_of
from tools.expectations import Expectation

GOOD, BAD = Expectation("good", "accepted", (), ""), Expectation("bad", "rejected", ("VID006",), "HEVC")
WINDOW = SmallWindow("a", "b", {"good": GOOD, "bad": BAD})
DELIVERY = {"edye_id": "good", "external_id": "GOOD_ES", "delivery_key": "k-1", "state": "accepted", "detail": ""}
DELIVERY |= {"tracking_id": "t-1"}
REFUSED = {"edye_id": "bad", "external_id": "BAD_ES", "delivery_key": "k-2", "state": "rejected", "detail": "hevc"}
REFUSED |= {"tracking_id": None}
CONTENT = {"external_id": "GOOD_ES", "tracking_id": "t-1", "status": "completed", "sha256": "f00", "metadata": {"a": 1}}
REVISION = {"edye_id": "good", "delivery_key": "k-1", "withdrawn_at": None}


def counts_of(deliveries=(DELIVERY, REFUSED), contents=(CONTENT,), revisions=(REVISION,)):
    found = check(WINDOW, deliveries, revisions, contents, {"good": {"f00"}})
    return len(found.lost), len(found.duplicated), len(found.wrong_state)


def taken_out(state, revision):
    found = check(WINDOW, (DELIVERY | {"state": state}, REFUSED), (revision,), (CONTENT,), {}, frozenset({"good"}))
    return len(found.resurrected), len(found.wrong_state)


def test_what_a_person_took_out_is_withdrawn_and_what_is_offered_again_is_counted():
    gone = REVISION | {"withdrawn_at": "2026-03-02"}
    assert taken_out("withdrawn", gone) == (0, 0)
    assert taken_out("accepted", REVISION) == (1, 1)
    assert taken_out("withdrawn", REVISION) == (1, 0)


def test_what_is_as_it_should_be_counts_nothing():
    assert counts_of() == (0, 0, 0)


def test_a_resend_after_the_partner_ended_one_with_an_error_is_no_duplicate():
    assert counts_of(contents=[CONTENT | {"tracking_id": "t-0", "status": "error"}, CONTENT]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("changed", "counts"),
    [
        ({"contents": []}, (1, 0, 1)),
        ({"contents": [CONTENT | {"status": "processing"}]}, (1, 0, 1)),
        ({"contents": [CONTENT, CONTENT | {"tracking_id": "t-2"}]}, (0, 1, 0)),
        ({"contents": [CONTENT | {"tracking_id": "t-2"}]}, (0, 0, 1)),
        ({"contents": [CONTENT, CONTENT | {"external_id": "BAD_ES"}]}, (0, 0, 1)),
        ({"contents": [CONTENT, CONTENT | {"external_id": "OTHER_ES"}]}, (0, 0, 1)),
        ({"contents": [CONTENT | {"sha256": "half"}]}, (0, 0, 1)),
        ({"contents": [CONTENT, CONTENT | {"tracking_id": "t-2", "status": "received"}]}, (0, 0, 1)),
        ({"deliveries": [DELIVERY | {"state": "sending"}, REFUSED]}, (0, 0, 1)),
        ({"deliveries": [DELIVERY, REFUSED | {"state": "failed"}]}, (0, 0, 1)),
        ({"deliveries": [DELIVERY, DELIVERY | {"delivery_key": "k-3"}, REFUSED]}, (0, 0, 1)),
        ({"deliveries": [DELIVERY]}, (0, 0, 1)),
        ({"revisions": []}, (0, 0, 1)),
    ],
    ids=[
        "nothing there",
        "never completed",
        "completed twice",
        "other tracking id",
        "a bad one is there",
        "a stranger is there",
        "other bytes",
        "a second one on its way",
        "left sending",
        "bad one not rejected",
        "two deliveries",
        "bad one unknown",
        "no revision",
    ],
)
def test_whatever_is_wrong_is_counted(changed, counts):
    assert counts_of(**changed) == counts


def test_half_files_of_the_artifact_store_are_counted_and_whole_and_temporary_ones_are_not(tmp_path):
    (tmp_path / "art").mkdir()
    picture = b"a picture"
    (tmp_path / "art" / f"{hashlib.sha256(picture).hexdigest()}.jpg").write_bytes(picture)
    (tmp_path / "plan.json").write_text("{}")
    (tmp_path / ".x.part").write_bytes(b"{")
    whole, half = Findings(), Findings()
    check_store(whole, tmp_path)
    (tmp_path / "art" / f"{'0' * 64}.jpg").write_bytes(picture)
    (tmp_path / "report.json").write_text('{"a":')
    check_store(half, tmp_path)
    assert not whole
    assert len(half.wrong_state) == 2


@pytest.mark.parametrize("seed", [1, 2, 20260301])
def test_ten_rounds_have_every_kind_of_trouble_and_are_drawn_alike_each_time(seed):
    plans = [plan_of(seed, number) for number in range(10)]
    faults = {
        name_of({"service": service, "operation": operation, "kind": kind}) for service, operation, kind in FAULTS
    }
    assert set().union(*(plan.kinds() for plan in plans)) == {*KINDS, *faults}
    assert plans == [plan_of(seed, number) for number in range(10)]
    assert plan_of(seed, 3) != plan_of(seed + 1, 3)


def test_windows_are_small_and_hold_enough_that_should_arrive():
    for number in range(50):
        window = window_of(1, number)
        good = [one for one in window.expected.values() if one.state == "accepted"]
        assert TITLES_MIN <= len(window.expected) <= TITLES_MAX
        assert len(good) >= GOOD_MIN
