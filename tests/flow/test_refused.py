"""What the partner refused: media goes once more, encoded anew; the rest waits for who can put it right."""

from __future__ import annotations

from edye_delivery.catalog.vocabulary import Cause, Correction, DeliveryState
from tests.flow.test_reencoding import Counting, titles_of

NAME = "EDYE_PLANETA_S01E03_ES"


def refusing(line, code, times):
    """The partner ends the title's next ingests with an error."""
    fault = {"service": "partner", "operation": "ingest", "kind": "error", "external_id": NAME, "code": code}
    line.box.plan([fault | {"times": times}])


def standing(line):
    (delivery,) = line.ledger.memories(line.annex.partner, [NAME])[NAME].deliveries.values()
    return delivery


def test_media_that_the_partner_refuses_is_encoded_anew_once_and_sent(line):
    refusing(line, "UNSUPPORTED_FORMAT", 1)
    line.artifacts.clear()
    line.encode = once = Counting()
    refused = titles_of(line.run(external_ids=(NAME,)))[NAME]
    assert (refused.state, refused.cause, once.names) == ("failed", "media", [])
    title = titles_of(line.run("run-2", external_ids=(NAME,)))[NAME]
    assert (title.state, title.reencoded, once.names) == (
        "accepted",
        "re-encoded from h264 in mp4, the original is kept",
        [NAME],
    )
    first, second = line.arrivals(NAME)
    assert first["sha256"] != second["sha256"]
    assert line.run("run-3", external_ids=(NAME,)).totals.sent == 0


def test_an_encode_that_is_refused_too_is_content_operations_business(line):
    refusing(line, "UNSUPPORTED_FORMAT", 2)
    line.run(external_ids=(NAME,))
    title = titles_of(line.run("run-2", external_ids=(NAME,)))[NAME]
    assert (title.state, title.cause, title.owner) == ("failed", Cause.MEDIA, "Content Operations")
    delivery = standing(line)
    assert (delivery.state, delivery.refused_cause) == (DeliveryState.FAILED, Cause.MEDIA)
    assert delivery.encode_name is not None


def test_a_person_may_have_the_media_of_an_accepted_title_encoded_anew(line):
    line.run(external_ids=(NAME,))
    line.artifacts.clear()
    line.encode = once = Counting()
    again = {"external_ids": (NAME,), "correction": Correction.MEDIA, "force_resend": True}
    title = titles_of(line.run("run-2", **again))[NAME]
    assert (title.state, title.sent, once.names) == ("accepted", True, [NAME])
    first, second = line.arrivals(NAME)
    assert first["sha256"] != second["sha256"]
