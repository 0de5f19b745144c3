"""Foreign text that a database refuses: it costs nobody anything."""

from __future__ import annotations

from tests.builders import a_movie, a_plan


def test_a_title_with_a_nul_does_not_cost_its_batch(ledger):
    named = a_movie().model_copy(update={"titles": {"es": "La\x00 cometa \x1b[31m", "en": "The\x00 kite"}})
    hostile = a_plan(named)
    good = a_plan(a_movie(id="mv-2", title_id="EDYE_MOV_000002"))
    ledger.plan("roku_premium_subs_mx", "run-1", [hostile, good])
    planned = ledger.deliveries([hostile.delivery_key, good.delivery_key])
    assert len(planned) == 2
