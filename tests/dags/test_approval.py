"""What the approval of a withdrawal makes of the answers that it can get."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.dags.test_delivery_dags import bag_of

ANSWERED = {
    "params_input": None,
    "responded_at": datetime(2026, 3, 2, tzinfo=UTC),
    "responded_by_user": {"name": "ana"},
}


@pytest.fixture
def approve():
    return bag_of().dags["withdraw__roku_premium_subs_mx"].get_task("approve_withdrawal")


def test_an_approval_lets_the_withdrawal_go(approve):
    assert approve.execute_complete({}, ANSWERED | {"chosen_options": ["Approve"]})["chosen_options"] == ["Approve"]


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (ANSWERED | {"chosen_options": ["Reject"]}, "ana refused the withdrawal: nothing was withdrawn"),
        (
            ANSWERED | {"chosen_options": ["Reject"], "responded_by_user": None},
            "somebody refused the withdrawal: nothing was withdrawn",
        ),
        ({"error": "late", "error_type": "timeout"}, "nobody answered within 24 hours: nothing was withdrawn"),
    ],
)
def test_no_and_no_answer_end_it_without_a_second_question(approve, event, told):
    from airflow.sdk import RetryAction

    from edye_delivery.operators.withdraw import NotApproved

    with pytest.raises(NotApproved, match=told) as refused:
        approve.execute_complete({}, event)
    assert approve.retry_policy.evaluate(refused.value, 1, 3).action is RetryAction.FAIL
