"""What to do next with a title, by where its delivery stands; report and command line say it in these words."""

from __future__ import annotations

from edye_delivery.catalog.vocabulary import Cause, DeliveryState

TAKEN_UP = "the next scheduled run takes it up, a hand run by external_ids at once"
NEXT_STEPS = {
    Cause.METADATA: f"correct it in EDYE; the same media goes again: {TAKEN_UP}",
    Cause.IMAGES: f"upload corrected artwork to EDYE: {TAKEN_UP}",
    Cause.MEDIA: f"upload a new encode to JW Player: {TAKEN_UP}",
    Cause.TRANSIENT: "run the window again: the same title is sent under the same external_id",
    Cause.AUTH: "check token, login and allowed hosts in the connection, then run the window again",
    Cause.STUCK: "ask the partner about the tracking id; running the window again goes on waiting for it",
    Cause.NOT_PICKED_UP: "ask the partner whether its poller runs; running the window again goes on waiting for it",
    Cause.UNKNOWN: "read the partner's words, decide with the partner, and add them to the annex's error table; "
    "nothing is sent by itself, a redelivery by_cause sends it as it is",
}
REENCODED_NEXT = (
    "nothing to upload: the partner refused the original, and the next run that takes the title up re-encodes it and "
    "sends that; run the window again, or run by external_ids"
)
"""Of a file that the partner refused and that we have not encoded, where the annex has `reencode`."""
REENCODED_NEXT_IF = f"{REENCODED_NEXT}. Where the annex has no `reencode`: upload a new encode to JW Player"
NO_RUN = "where no run is on, run the window again"
WAITED_FOR_AGAIN = f"a run that is on waits for its end; {NO_RUN}: it is waited for, not sent again"
UNATTENDED = (
    "it has not ended, and no run goes on with it: read the log of its run; the next scheduled run of this partner "
    "takes it up, a hand run by external_ids at once"
)
STATE_STEPS = {
    DeliveryState.PLANNED: f"nothing of it was sent yet: a run that is on sends it; {NO_RUN}",
    DeliveryState.REJECTED: f"correct what the rules name: {TAKEN_UP}",
    DeliveryState.SENDING: f"a run that is on ends it; {NO_RUN}: the same title is sent under the same external_id",
    DeliveryState.RECEIVED: f"the partner has it: {WAITED_FOR_AGAIN}",
    DeliveryState.PROCESSING: f"the partner works on it: {WAITED_FOR_AGAIN}",
    DeliveryState.COMPLETED: f"the partner ended it well: a run that is on looks at the criteria; {NO_RUN}",
    DeliveryState.ACCEPTED: "nothing: the partner has it, and the feeds offer it",
    DeliveryState.FAILED: "read the log of its run, then run the window again",
    DeliveryState.WITHDRAWN: "nothing is sent any more, and the feeds leave it out; what a person withdrew is offered "
    "again by a redelivery (resend), what the catalogue withdrew when the catalogue offers it",
}


def next_step(
    state: DeliveryState, cause: Cause | None, *, nobody_waits: bool = False, is_original_refused: bool = False
) -> str:
    """One sentence on what to do: by the cause where there is one, else by the state.

    `nobody_waits` where it has not ended and no run goes on with it; `is_original_refused` where the partner refused a
    media file that we have not encoded, and nobody here knows whether the annex has such files encoded.
    """
    if nobody_waits:
        return UNATTENDED
    if is_original_refused:
        return REENCODED_NEXT_IF
    return NEXT_STEPS[cause] if cause is not None else STATE_STEPS[state]
