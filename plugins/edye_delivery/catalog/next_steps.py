"""What to do next with a title, by where its delivery stands; report and command line say it in these words."""

from __future__ import annotations

from edye_delivery.catalog.vocabulary import Cause, DeliveryState

NEXT_RUN = "the next scheduled run delivers it, a run by hand with its external_id delivers it at once"
NEXT_STEPS = {
    Cause.METADATA: f"correct it in EDYE; the media file stays as it is: {NEXT_RUN}",
    Cause.IMAGES: f"upload corrected artwork to EDYE: {NEXT_RUN}",
    Cause.MEDIA: f"upload a new encode to JW Player: {NEXT_RUN}",
    Cause.TRANSIENT: "run the window again: the title is tried again under the same external_id",
    Cause.AUTH: "check token, login and allowed hosts in the connection, then run the window again",
    Cause.STUCK: "ask the partner about the tracking id; to wait longer for it, run the window again",
    Cause.NOT_PICKED_UP: "ask the partner whether its poller runs; to wait longer, run the window again",
    Cause.UNKNOWN: "read the partner's message, agree with the partner what it means, and add it to the annex's error "
    "table; no scheduled run sends the title again, a redelivery with by_cause sends it as it is",
}
REENCODED_NEXT = (
    "upload nothing: the partner refused the original, and the next run with this title re-encodes it and sends the "
    "encode; run the window again, or start a run by hand with its external_id"
)
"""For a file that the partner refused and that we have not encoded, where the annex has `reencode`."""
REENCODED_NEXT_IF = f"{REENCODED_NEXT}. If the annex has no `reencode`, upload a new encode to JW Player"
NO_RUN = "if no run is active, run the window again"
ACTIVE_RUN_WAITS = f"an active run waits for the outcome; {NO_RUN}: it waits, and the title is not sent again"
UNATTENDED = (
    "the delivery has not ended, and no run works on it: read the log of its run; the next scheduled run of this "
    "partner goes on with it, a run by hand with its external_id does so at once"
)
STATE_STEPS = {
    DeliveryState.PLANNED: f"no run has begun it yet: an active run does; {NO_RUN}",
    DeliveryState.REJECTED: f"correct what the rules name: {NEXT_RUN}",
    DeliveryState.SENDING: f"an active run is sending it; {NO_RUN}: the title is sent again under the same external_id",
    DeliveryState.RECEIVED: f"the partner has it: {ACTIVE_RUN_WAITS}",
    DeliveryState.PROCESSING: f"the partner is processing it: {ACTIVE_RUN_WAITS}",
    DeliveryState.COMPLETED: f"the partner has completed it: an active run checks the acceptance criteria; {NO_RUN}",
    DeliveryState.ACCEPTED: "nothing: the partner has it, and the feeds offer it",
    DeliveryState.FAILED: "read the log of its run, then run the window again",
    DeliveryState.WITHDRAWN: "nothing: it is not sent any more, and the feeds leave it out. To offer it again: what a "
    "person withdrew needs a redelivery with resend; what the catalogue withdrew comes back with the catalogue",
}
CHECKED_AGAIN = "run the window again: it publishes a generation and checks it"
PULL_NEXT_STEPS = NEXT_STEPS | {
    Cause.STUCK: CHECKED_AGAIN,
    Cause.NOT_PICKED_UP: CHECKED_AGAIN,
    Cause.UNKNOWN: "read what happened and the log of its run; no scheduled run exposes the title again, a redelivery "
    "with by_cause exposes it as it is",
}
PULL_STATE_STEPS = STATE_STEPS | {
    DeliveryState.SENDING: f"an active run is exposing it; {NO_RUN}: the title is exposed again",
    DeliveryState.RECEIVED: f"it is exposed: an active run publishes it and reads it as the partner would; {NO_RUN}",
    DeliveryState.PROCESSING: f"it is exposed: an active run reads it as the partner would; {NO_RUN}",
    DeliveryState.COMPLETED: f"readers find it as it should be: an active run checks the acceptance criteria; {NO_RUN}",
    DeliveryState.ACCEPTED: "nothing: the partner can read it",
    DeliveryState.WITHDRAWN: "nothing: it is not exposed any more, and readers are told by its tombstone. To offer it "
    "again: what a person withdrew needs a redelivery with resend; what the catalogue withdrew comes back with the "
    "catalogue",
}

READ_BY_PARTNER_NEXT = (
    "nothing on our side: it is the partner's turn to read it; watch_pull__<partner> looks every hour, and accepts it "
    "then. Where that takes too long, ask the partner whether its job runs"
)
"""For a title that is exposed and waits for nothing but the partner's fetch."""


def next_step(
    state: DeliveryState,
    cause: Cause | None,
    *,
    is_pulled: bool = False,
    nobody_waits: bool = False,
    is_original_refused: bool = False,
    waits_for_partner: bool = False,
) -> str:
    """One sentence on what to do: by the cause where there is one, else by the state.

    `is_pulled`: the partner reads the title by itself. `nobody_waits`: the delivery has not ended, and no run works on
    it. `is_original_refused`: the partner refused a media file that we have not encoded, and the caller does not know
    whether the annex has `reencode`. `waits_for_partner`: a partner that reads titles by itself has not read it yet.
    """
    if nobody_waits:
        return UNATTENDED
    if waits_for_partner:
        return READ_BY_PARTNER_NEXT
    if is_pulled:
        return PULL_NEXT_STEPS[cause] if cause is not None else PULL_STATE_STEPS[state]
    if is_original_refused:
        return REENCODED_NEXT_IF
    return NEXT_STEPS[cause] if cause is not None else STATE_STEPS[state]
