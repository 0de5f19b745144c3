"""The closed vocabularies that every ring shares."""

from __future__ import annotations

from enum import StrEnum


class TitleKind(StrEnum):
    """What a deliverable title is."""

    MOVIE = "movie"
    EPISODE = "episode"
    SPECIAL = "special"
    SHORT = "short"


class ImageKind(StrEnum):
    """The kinds of artwork of the EDYE API (contracts/edye-api.yaml, Image)."""

    KEY_ART = "key_art"
    POSTER = "poster"
    BACKGROUND = "background"
    STILL = "still"
    LOGO = "logo"
    THUMBNAIL = "thumbnail"


class DeliveryState(StrEnum):
    """Where one delivery stands (architecture, States of a delivery)."""

    PLANNED = "planned"
    REJECTED = "rejected"
    SENDING = "sending"
    RECEIVED = "received"
    PROCESSING = "processing"
    COMPLETED = "completed"
    ACCEPTED = "accepted"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"

    @property
    def is_with_partner(self) -> bool:
        """True while the partner has the title and has not said how it ends."""
        return self in (DeliveryState.RECEIVED, DeliveryState.PROCESSING)

    @property
    def is_terminal(self) -> bool:
        """True where no step of the same run changes the state any more."""
        return self in (
            DeliveryState.REJECTED,
            DeliveryState.ACCEPTED,
            DeliveryState.FAILED,
            DeliveryState.WITHDRAWN,
        )


class Channel(StrEnum):
    """The ways by which titles reach a partner (annex section 1)."""

    API = "api"
    FTP = "ftp"
    PULL = "pull"


class ListName(StrEnum):
    """The lists of the delivery API (contracts/edye-delivery-api.yaml); entries are what the feed and media serve."""

    SHOWS = "shows"
    EPISODES = "episodes"
    ENTRIES = "entries"


class IngestState(StrEnum):
    """The states of one ingest at the partner (annex section 5)."""

    RECEIVED = "received"
    PROCESSING = "processing"
    COMPLETED = "completed"
    ERROR = "error"

    @property
    def is_terminal(self) -> bool:
        """True where the partner does not change the state any more."""
        return self in (IngestState.COMPLETED, IngestState.ERROR)


class Cause(StrEnum):
    """Why a title is not accepted; decides what corrects it (annex section 7)."""

    METADATA = "metadata"
    IMAGES = "images"
    MEDIA = "media"
    TRANSIENT = "transient"
    AUTH = "auth"
    STUCK = "stuck"
    NOT_PICKED_UP = "not_picked_up"
    UNKNOWN = "unknown"


class Owner(StrEnum):
    """Whose turn it is (annex section 8)."""

    CONTENT_OPERATIONS = "Content Operations"
    DESIGN = "Design"
    DEVOPS = "DevOps"


CAUSE_OWNERS = {
    Cause.METADATA: Owner.CONTENT_OPERATIONS,
    Cause.IMAGES: Owner.DESIGN,
    Cause.MEDIA: Owner.CONTENT_OPERATIONS,
    Cause.TRANSIENT: Owner.DEVOPS,
    Cause.AUTH: Owner.DEVOPS,
    Cause.STUCK: Owner.DEVOPS,
    Cause.NOT_PICKED_UP: Owner.DEVOPS,
    Cause.UNKNOWN: Owner.DEVOPS,
}


class Change(StrEnum):
    """How a title of the window compares to what the ledger remembers."""

    NEW = "new"
    CHANGED = "changed"
    OPEN = "open"
    UNCHANGED = "unchanged"
    WITHDRAWN = "withdrawn"


class Severity(StrEnum):
    """Whether a finding keeps a title from being delivered."""

    BLOCK = "block"
    WARN = "warn"


class Correction(StrEnum):
    """What a redelivery does about its titles (annex section 7)."""

    BY_CAUSE = "by_cause"
    METADATA = "metadata"
    MEDIA = "media"
    RESEND = "resend"


class Mode(StrEnum):
    """Which titles of a window a run works on."""

    CHANGED = "changed"
    FAILED = "failed"
    ALL = "all"


class RunKind(StrEnum):
    """What a run is for."""

    DELIVERY = "delivery"
    REDELIVERY = "redelivery"
    WITHDRAWAL = "withdrawal"
