"""What the partner refused: media goes once more, encoded anew; the rest waits for who can put it right."""

from __future__ import annotations

import pytest

from edye_delivery.catalog.next_steps import NEXT_STEPS, REENCODED_NEXT
from edye_delivery.catalog.vocabulary import Cause, Channel, Correction, DeliveryState, Mode
from tests.flow.line import repack
from tests.flow.test_reencoding import Counting, titles_of

NAME = "EDYE_PLANETA_S01E03_ES"


def refusing(line, code, times):
    """The partner ends the title's next ingests with an error."""
    fault = {"service": "partner", "operation": "ingest", "kind": "error", "external_id": NAME, "code": code}
    line.box.plan([fault | {"times": times}])


def delivery_of(line):
    (delivery,) = line.ledger.memories(line.annex.partner, [NAME])[NAME].deliveries.values()
    return delivery


def test_media_that_the_partner_refuses_is_encoded_anew_once_and_sent(line):
    refusing(line, "UNSUPPORTED_FORMAT", 1)
    line.artifacts.clear()
    line.encode = once = Counting(using=repack)
    refused = titles_of(line.run(external_ids=(NAME,)))[NAME]
    assert (refused.state, refused.cause, once.names) == ("failed", "media", [])
    assert (refused.next_step, refused.sent) == (REENCODED_NEXT, True)
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
    line.encode = repack
    line.run(external_ids=(NAME,))
    title = titles_of(line.run("run-2", external_ids=(NAME,)))[NAME]
    assert (title.state, title.cause, title.owner) == ("failed", Cause.MEDIA, "Content Operations")
    assert title.next_step == NEXT_STEPS[Cause.MEDIA]
    delivery = delivery_of(line)
    assert (delivery.state, delivery.refused_cause) == (DeliveryState.FAILED, Cause.MEDIA)
    assert delivery.encode_name is not None


def test_a_person_may_have_the_media_of_an_accepted_title_encoded_anew(line):
    line.run(external_ids=(NAME,))
    line.artifacts.clear()
    line.encode = once = Counting(using=repack)
    again = {"external_ids": (NAME,), "correction": Correction.MEDIA, "force_resend": True}
    title = titles_of(line.run("run-2", **again))[NAME]
    assert (title.state, title.sent, once.names) == ("accepted", True, [NAME])
    first, second = line.arrivals(NAME)
    assert first["sha256"] != second["sha256"]


@pytest.mark.parametrize(("code", "cause"), [("METADATA_INCOMPLETE", Cause.METADATA), ("SIN_NOMBRE", Cause.UNKNOWN)])
def test_what_has_not_changed_since_it_was_refused_is_held_and_keeps_the_window_red(line, code, cause):
    refusing(line, code, 1)
    line.run(external_ids=(NAME,))
    before = delivery_of(line)
    report = line.run("run-2", external_ids=(NAME,))
    title = titles_of(report)[NAME]
    assert (report.colour, title.state, title.cause, title.sent) == ("red", "failed", cause, False)
    assert title.detail.startswith("not sent again, because it has not changed since: ")
    assert code in title.detail
    assert title.next_step == NEXT_STEPS[cause]
    assert delivery_of(line) == before
    assert line.run("run-3", external_ids=(NAME,), mode=Mode.FAILED).totals.sent == 0


def test_corrected_metadata_goes_with_the_same_media_and_without_an_encode(line):
    refusing(line, "METADATA_INCOMPLETE", 1)
    line.encode = never = Counting()
    line.run(external_ids=(NAME,))
    item = next(item for item in line.box.catalogue()["episodes"] if item["id"] == delivery_of(line).edye_id)
    line.box.patch_item(item["id"], titles=item["titles"] | {"es": "Un planeta con otro nombre"})
    title = titles_of(line.run("run-2", external_ids=(NAME,), whole_catalogue=True))[NAME]
    assert (title.state, title.sent, never.names) == ("accepted", True, [])
    first, second = line.arrivals(NAME)
    assert first["sha256"] == second["sha256"]
    assert (first["status"], second["status"]) == ("error", "completed")
    assert second["metadata"]["titulo"] == "Un planeta con otro nombre"


def test_a_redelivery_is_a_persons_decision_and_sends_what_is_held(line):
    refusing(line, "SIN_NOMBRE", 1)
    line.run(external_ids=(NAME,))
    asked = {"external_ids": (NAME,), "mode": Mode.FAILED, "correction": Correction.BY_CAUSE}
    title = titles_of(line.run("run-2", **asked))[NAME]
    assert (title.state, title.sent) == ("accepted", True)
    assert len(line.arrivals(NAME)) == 2


def test_what_a_broken_line_left_goes_again_by_itself(line):
    fault = {"service": "partner", "operation": "ingest", "kind": "status", "external_id": NAME, "status": 503}
    line.box.plan([fault | {"times": 4}])
    assert titles_of(line.run(external_ids=(NAME,)))[NAME].cause == "transient"
    assert titles_of(line.run("run-2", external_ids=(NAME,)))[NAME].state == "accepted"


def test_what_another_channel_was_refused_is_not_held_here(line):
    refusing(line, "SIN_NOMBRE", 1)
    line.run(external_ids=(NAME,))
    plan, _ = line.check(line.request("run-2", external_ids=(NAME,), channel=Channel.FTP, reason="agreed so"))
    assert (plan.held, plan.batches) == ((), 1)


def test_a_refused_resend_stays_open_until_a_redelivery_by_cause_sends_it(line):
    line.run(external_ids=(NAME,))
    refusing(line, "METADATA_INCOMPLETE", 1)
    resend = {"external_ids": (NAME,), "correction": Correction.RESEND, "force_resend": True, "mode": Mode.ALL}
    assert titles_of(line.run("run-2", **resend))[NAME].state == "failed"
    for number in (3, 4):
        report = line.run(f"run-{number}", external_ids=(NAME,))
        title = titles_of(report)[NAME]
        assert (report.colour, title.state, title.cause, title.sent) == ("red", "failed", Cause.METADATA, False)
        assert title.detail.startswith("not sent again, because it has not changed since: ")
    by_cause = {"external_ids": (NAME,), "correction": Correction.BY_CAUSE, "mode": Mode.FAILED}
    title = titles_of(line.run("run-5", **by_cause))[NAME]
    assert (title.state, title.sent, len(line.arrivals(NAME))) == ("accepted", True, 3)
    report = line.run("run-6", external_ids=(NAME,))
    assert (report.colour, titles_of(report)[NAME].change) == ("green", "unchanged")
