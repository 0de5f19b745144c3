"""SYNC rules on what both sides say about a title: tags, countries, names, ids, dates, playlists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from unicodedata import normalize

from edye_delivery.catalog.vocabulary import Cause, Severity
from edye_delivery.catalog.window import rfc3339
from edye_delivery.qc.sync.limits import SyncLimits
from edye_delivery.qc.sync.media import why_no_media
from edye_delivery.qc.sync.rule import Grace, SyncSubject, rule
from edye_delivery.qc.sync.subjects import (
    ACRONYM,
    EXTERNAL_ID_PARAMS,
    GEO_LIST,
    Pair,
    PlaylistUse,
    param_of,
    words_of,
)

NAMED_MAX = 10


def _why_no_acronym(pair: Pair, limits: SyncLimits) -> str | None:
    if pair.media is None:
        return why_no_media(pair, limits)
    return None if param_of(pair.media, ACRONYM) else "JW Player has no acronym of the media"


def _why_no_external_id(pair: Pair, limits: SyncLimits) -> str | None:
    asked = limits.external_ids & EXTERNAL_ID_PARAMS.keys()
    return why_no_media(pair, limits) if asked else "nobody asks for an external id that JW Player has"


def _why_no_title(pair: Pair, limits: SyncLimits) -> str | None:
    if pair.media is None:
        return why_no_media(pair, limits)
    return None if pair.media.title.strip() else "JW Player has no title of the media"


@rule("SYNC010", "tags-differ", on=SyncSubject.TITLE, cause=Cause.METADATA, grace=Grace.SYNC, unless=why_no_media)
def tags_differ(pair: Pair, limits: SyncLimits) -> Iterator[str]:
    """JW Player and EDYE do not have the same tags for the title.

    Why: tags decide which partners see a title: one that is missing hides it, one too many shows it.
    Fix: correct the tags in JW Player, run "Sync Shows Info", and look again.
    """
    if pair.media is None:
        return
    from_series = set(pair.title.series.tags) if pair.title.series else set()
    in_jw, in_edye = {tag.strip() for tag in pair.media.tags} - {""}, {tag.strip() for tag in pair.title.tags} - {""}
    missing, extra = in_jw - in_edye, in_edye - in_jw - from_series
    if missing or extra:
        yield _sets_text("tags", missing, extra)


@rule("SYNC011", "geo-differs", on=SyncSubject.TITLE, cause=Cause.METADATA, unless=why_no_media)
def geo_differs(pair: Pair, limits: SyncLimits) -> Iterator[str]:
    """JW Player's geoList and EDYE's countries differ.

    Why: the title is shown where it may not be, or is missing where it was licensed.
    Fix: correct the countries where they are wrong; ask Legal where you are not sure.
    """
    if pair.media is None:
        return
    in_jw, in_edye = words_of(param_of(pair.media, GEO_LIST)), words_of(" ".join(pair.title.geo))
    is_of_series = pair.title.series is not None and pair.title.geo == pair.title.series.geo
    if in_jw != in_edye and not (is_of_series and not in_jw):
        yield _sets_text("countries", in_jw - in_edye, in_edye - in_jw)


@rule("SYNC012", "acronym-differs", on=SyncSubject.TITLE, cause=Cause.METADATA, unless=_why_no_acronym)
def acronym_differs(pair: Pair, limits: SyncLimits) -> Iterator[str]:
    """JW Player's acronym is not the title's title_id.

    Why: the next sync would give the title another title_id, and deliveries would get other names than before.
    Fix: correct the acronym in JW Player.
    """
    acronym = param_of(pair.media, ACRONYM) if pair.media is not None else ""
    if acronym and acronym != pair.title.title_id.strip():
        yield f"acronym {acronym!r:.80} in JW Player, title_id {pair.title.title_id!r:.80} in EDYE"


@rule("SYNC013", "external-id-differs", on=SyncSubject.TITLE, cause=Cause.METADATA, unless=_why_no_external_id)
def external_id_differs(pair: Pair, limits: SyncLimits) -> Iterator[str]:
    """JW Player and EDYE do not have the same external id, and a partner asks for it.

    Why: the partner finds the title in its own catalogue by this id.
    Fix: correct the id where it is wrong: the custom parameter in JW Player, or the external id in EDYE.
    """
    for source in sorted(limits.external_ids & EXTERNAL_ID_PARAMS.keys()):
        in_jw = param_of(pair.media, EXTERNAL_ID_PARAMS[source]) if pair.media is not None else ""
        in_edye = pair.title.external_ids.get(source, "").strip()
        if in_jw != in_edye:
            yield f"{source}: {in_jw or 'none'!r:.60} in JW Player, {in_edye or 'none'!r:.60} in EDYE"


@rule("SYNC014", "outside-window", on=SyncSubject.TITLE, cause=Cause.METADATA, unless=why_no_media)
def outside_window(pair: Pair, limits: SyncLimits) -> Iterator[str]:
    """EDYE shows the title, and JW Player does not publish its media now.

    Why: viewers see the title and cannot play it.
    Fix: correct the publishing dates in JW Player, or the availability in EDYE.
    """
    media, offered = pair.media, pair.title.availability
    if media is None or (offered.start and pair.now < offered.start) or (offered.end and pair.now >= offered.end):
        return
    if media.publish_start_at is not None and pair.now < media.publish_start_at:
        yield f"JW Player publishes it from {rfc3339(media.publish_start_at)}, EDYE shows it already"
    elif media.publish_end_at is not None and pair.now >= media.publish_end_at:
        yield f"JW Player published it until {rfc3339(media.publish_end_at)}, EDYE shows it still"


@rule("SYNC015", "playlist-differs", on=SyncSubject.PLAYLIST, cause=Cause.METADATA)
def playlist_differs(use: PlaylistUse, limits: SyncLimits) -> Iterator[str]:
    """A playlist lacks media of titles that belong into it, or has media that do not.

    Why: partners that read playlists miss these titles, or show titles that are not theirs.
    Fix: correct the playlist in JW Player.
    """
    if use.missing:
        yield f"{len(use.missing)} titles are missing: {_names(use.missing)}"
    if use.strangers:
        yield f"{len(use.strangers)} media do not belong into it: {_names(use.strangers)}"


@rule(
    "SYNC018",
    "text-differs",
    on=SyncSubject.TITLE,
    cause=Cause.METADATA,
    severity=Severity.WARN,
    unless=_why_no_title,
)
def text_differs(pair: Pair, limits: SyncLimits) -> Iterator[str]:
    """The title's name in JW Player is none of its names in EDYE.

    Why: people look for a title by its name; a different name may also mean that it is the wrong media.
    Fix: correct the name where it is wrong.
    """
    named = comparable_text(pair.media.title) if pair.media is not None else ""
    if named and named not in {comparable_text(text) for text in pair.title.titles.values()}:
        yield f"{named!r:.120} in JW Player, {pair.title.name!r:.120} in EDYE"


def comparable_text(text: str) -> str:
    """The text as it is compared: in Unicode's composed form (NFC), without white space around it."""
    return (text if text.isascii() else normalize("NFC", text)).strip()


def _sets_text(what: str, missing: Iterable[str], extra: Iterable[str]) -> str:
    parts = [("in JW Player only", sorted(missing)), ("in EDYE only", sorted(extra))]
    return "; ".join(
        f"{what} {where}: {_names([f'{word!r:.40}' for word in words])}" for where, words in parts if words
    )


def _names(names: Iterable[str]) -> str:
    all_names = list(names)
    more = f" and {len(all_names) - NAMED_MAX} more" if len(all_names) > NAMED_MAX else ""
    return ", ".join(all_names[:NAMED_MAX]) + more
