"""The result of `make run`: it names every title that did not end as planned."""

import pytest

from tests.readme import README
from tools.expectations import Expectation, expectations, surprises

EXPECTED = {
    "a": Expectation("a", "accepted", (), ""),
    "b": Expectation("b", "rejected", ("VID006",), "HEVC"),
    "c": Expectation("c", "left_out", (), ""),
    "e": Expectation("e", "accepted", (), "Matroska", fixed=("VID005",)),
}


def title(edye_id, state, rules=(), fixed=()):
    told = {"edye_id": edye_id, "external_id": edye_id.upper(), "state": state, "rules": list(rules), "detail": "so"}
    return told | {"fixed": [{"code": code} for code in fixed]}


ENCODED = title("e", "accepted", fixed=["VID005"])
GOOD = [title("a", "accepted"), title("b", "rejected", ["VID006"]), ENCODED]


def test_all_as_planned_is_no_surprise():
    assert surprises(EXPECTED, GOOD) == []


@pytest.mark.parametrize(
    ("titles", "told"),
    [
        ([GOOD[0], ENCODED], "b should be rejected, but the report does not have it"),
        ([title("a", "failed"), *GOOD[1:]], "A (a) should be accepted, but is failed: so"),
        (
            [GOOD[0], title("b", "rejected", ["VID007"]), ENCODED],
            "should be rejected [VID006], but is rejected [VID007]",
        ),
        ([GOOD[0], title("b", "accepted"), ENCODED], "should be rejected [VID006], but is accepted"),
        ([*GOOD[:2], title("e", "accepted")], "E (e) should be re-encoded for VID005, but is sent as it is"),
        (
            [title("a", "accepted", fixed=["VID006"]), *GOOD[1:]],
            "should be sent as it is, but is re-encoded for VID006",
        ),
        ([*GOOD, title("c", "accepted")], "c should have been left out, but is accepted"),
        ([*GOOD, title("d", "accepted")], "d is in the report, but not in the sample catalogue"),
    ],
)
def test_every_other_end_is_a_sentence(titles, told):
    (sentence,) = surprises(EXPECTED, titles)
    assert told in sentence


def test_the_sample_catalogue_plans_good_bad_and_left_out_titles():
    planned = expectations().values()
    assert sum(expectation.state == "accepted" for expectation in planned) >= 22
    assert sum(expectation.state == "left_out" for expectation in planned) >= 6
    rules = [rule for expectation in planned for rule in expectation.rules]
    assert len(set(rules)) == 15
    assert sorted(expectation.fixed for expectation in planned if expectation.fixed) == [("VID005",), ("VID006",)]
    assert all(expectation.defect for expectation in planned if expectation.state == "rejected")


def test_the_readme_tells_what_is_planted():
    delivered = [one for one in expectations().values() if one.state != "left_out"]
    defects = sum(bool(one.defect) for one in delivered)
    fixed = sum(bool(one.fixed) for one in delivered)
    told = " ".join(README.split())
    assert fixed == 2
    assert f"{len(delivered)} titles. {defects} of them have a planted defect; a new encode fixes two of these." in told
