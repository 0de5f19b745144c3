"""How sentences say what a channel does with a title: it is sent to the partner, or exposed to one that pulls."""

from __future__ import annotations

from dataclasses import dataclass

from edye_delivery.catalog.vocabulary import Channel, DeliveryState


@dataclass(frozen=True, slots=True)
class ChannelWords:
    """The verb in the forms that sentences need, and where a withdrawn title is gone from."""

    present: str
    participle: str
    progressive: str
    withdrawn: str


SENT = ChannelWords("sends", "sent", "sending", "out of the feeds")
EXPOSED = ChannelWords("exposes", "exposed", "exposing", "not exposed any more")
EXPOSED_STATES = {
    DeliveryState.SENDING: "being exposed",
    DeliveryState.RECEIVED: "exposed",
    DeliveryState.PROCESSING: "exposed",
    DeliveryState.COMPLETED: "seen as it should be",
}
"""What a state of a title that the partner pulls is called in a sentence; the others are called by their names."""


def state_text(state: DeliveryState, channel: Channel | None) -> str:
    """The state in a sentence about a title of this channel."""
    return EXPOSED_STATES.get(state, state.value) if channel is Channel.PULL else state.value


def words_of(channel: Channel | None) -> ChannelWords:
    """The words of a channel; those of a push channel where nobody knows which one it is."""
    return EXPOSED if channel is Channel.PULL else SENT
