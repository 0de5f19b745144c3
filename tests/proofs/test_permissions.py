"""For random annexes: every user is allowed or refused as the annex says, and gets no byte of another (make proofs)."""

from __future__ import annotations

import hypothesis
import pytest
from hypothesis import given

from tests.unit.delivery_api.market_rounds import Rounds
from tests.unit.delivery_api.random_market import Market, markets

pytestmark = pytest.mark.proof
MANY = hypothesis.settings(
    max_examples=40, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck)
)


@MANY
@given(market=markets())
def test_no_random_annex_lets_a_user_read_more_or_less_than_it_says(tmp_path_factory, market: Market):
    Rounds(market, tmp_path_factory.mktemp("market")).check()
