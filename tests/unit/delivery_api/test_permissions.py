"""For every user and endpoint: allowed or refused as the annex says, and never a byte of another partner's scope."""

from __future__ import annotations

import hypothesis
from hypothesis import given

from tests.unit.delivery_api.market_rounds import Rounds
from tests.unit.delivery_api.random_market import Market, markets

FEW = hypothesis.settings(
    max_examples=2,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)


@FEW
@given(market=markets())
def test_every_user_reads_what_the_annex_says_and_nothing_of_others(tmp_path_factory, market: Market):
    Rounds(market, tmp_path_factory.mktemp("market")).check()
