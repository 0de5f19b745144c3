"""What to do next: a sentence for every state and every cause, the cause first."""

import pytest

from edye_delivery.catalog.next_steps import NEXT_STEPS, STATE_STEPS, next_step
from edye_delivery.catalog.vocabulary import Cause, DeliveryState


def test_there_is_a_sentence_for_every_cause_and_every_state_and_no_two_states_share_one():
    assert NEXT_STEPS.keys() == set(Cause)
    assert STATE_STEPS.keys() == set(DeliveryState)
    assert len(set(STATE_STEPS.values())) == len(DeliveryState)


@pytest.mark.parametrize("state", DeliveryState)
def test_without_a_cause_the_state_says_what_to_do(state):
    assert next_step(state, None) == STATE_STEPS[state]


def test_a_cause_says_more_than_the_state():
    assert next_step(DeliveryState.FAILED, Cause.STUCK).startswith("ask the partner about the tracking id")
    assert next_step(DeliveryState.REJECTED, Cause.MEDIA).startswith("upload a new encode")


@pytest.mark.parametrize("state", [DeliveryState.RECEIVED, DeliveryState.PROCESSING])
def test_what_the_partner_has_is_never_said_to_be_sent_again(state):
    assert "not sent again" in next_step(state, None)
