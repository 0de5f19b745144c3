"""The pools of uploads: one for each partner to whom we send, as large as its annex says."""

from edye_delivery.annex.pools import upload_slots
from tests.builders import the_annex


def test_each_partner_to_whom_we_send_has_a_pool_of_its_own_as_large_as_its_annex_says():
    first, second = the_annex(partner="alpha", uploads_at_once=7), the_annex(partner="beta", api=None)
    assert upload_slots([first, second]) == {"uploads__alpha": 7, "uploads__beta": 4}


def test_a_partner_that_only_pulls_has_none():
    assert upload_slots([the_annex(api=None, ftp=None, feeds=[])]) == {}
