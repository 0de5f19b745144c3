"""Rules EXPO on one item: whether it may be seen, its form, its pictures, its addresses, its show."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from edye_delivery.catalog.exposure import ExpectedItem, ExpectedThumbnail, RemovedItem
from edye_delivery.catalog.exposure_seen import SeenItem, SeenThumbnail
from edye_delivery.catalog.vocabulary import Cause, ListName
from edye_delivery.qc.exposure.rule import rule
from edye_delivery.qc.exposure.subjects import AskedAddress, Belonging, Body, DownloadedThumbnail, Pictures, Shown
from edye_delivery.qc.exposure.terms import ExposureTerms

CLOCK_TOLERANCE = timedelta(seconds=60)
"""The clocks of API and check may differ, and an item may end while its page is on the way."""
SERIES, EPISODE = "series", "episode"
METADATA_KEYS = frozenset({
    "synopsis_short", "synopsis_long", "genres", "tags", "geo", "ratings", "release_date", "duration_ms", "captions",
})  # fmt: skip
IMAGE_KEYS = frozenset({"image", "images", "custom_thumbnails"})
SAME_MEDIA_TYPES = (
    frozenset({"application/x-mpegurl", "application/vnd.apple.mpegurl", "audio/mpegurl", "audio/x-mpegurl"}),
)
"""Several names of one type: HLS playlists."""


@rule("EXPO003", "shown-though-not-exposed", on=Shown, cause=Cause.TRANSIENT, takes_back=True)
def shown_though_not_exposed(shown: Shown, terms: ExposureTerms) -> Iterator[str]:
    """An item is shown that the partner must not see: withdrawn, invisible, out of its window, or out of scope.

    Why: the partner publishes what it may not show; a withdrawal for rights has to work at once.
    Fix: withdraw the title by hand (DAG `withdraw_...`), then publish again; correct tags, geo or window in EDYE.
    """
    item, expected = shown.item, shown.expected
    name = name_of(item, expected)
    if isinstance(expected, RemovedItem):
        yield f"{name} is shown in {item.list}, and is not exposed any more: {expected.reason}"
        return
    if expected is None:
        yield f"{name} is shown in {item.list}, and the ledger does not expose it to this partner"
        return
    yield from _outside_window(name, item, expected, shown)
    if item.kind == SERIES:
        return
    tags = item.tags if "tags" in item.keys else expected.tags
    if terms.tags and not terms.tags & set(tags):
        yield f"{name} has the tags {_words_text(tags)}, expected one of {_words_text(sorted(terms.tags))}"
    geo = item.geo if "geo" in item.keys else expected.geo
    if terms.geo and geo and not terms.geo & {country.lower() for country in geo}:
        yield f"{name} may be seen in {_words_text(geo)}, the partner is in {_words_text(sorted(terms.geo))}"


@rule("EXPO006", "body-breaks-contract", on=Body, cause=Cause.METADATA)
def body_breaks_contract(body: Body, terms: ExposureTerms) -> Iterator[str]:
    """An answer does not fit the contract, lacks a key that the annex asks for, or has one that it leaves out.

    Why: a partner's program stops at the first item that it cannot read; what the annex leaves out was not agreed.
    Fix: correct the named key in EDYE; where EDYE has it right, correct `pull` of the annex, then publish again.
    """
    item = body.item
    if body.defect:
        yield f"{body.where} breaks the contract at {body.defect}"
        return
    if item is None or item.is_deleted:
        return
    if item.external_id and (missing := [key for key in terms.minimum_metadata if key not in item.keys]):
        yield f"{body.where} lacks {_words_text(missing)}, which the annex asks for"
    scope = terms.scope
    left_out = METADATA_KEYS if not scope.metadata else frozenset[str]()
    left_out |= IMAGE_KEYS if not scope.images else frozenset()
    left_out |= {"sources"} if not scope.sources else frozenset()
    if surplus := sorted(item.keys & left_out):
        yield f"{body.where} has {_words_text(surplus)}, which the annex leaves out"
    if strange := sorted(set(item.id_sources) - set(scope.external_ids)):
        given = _words_text(scope.external_ids)
        yield f"{body.where} has external ids of {_words_text(strange)}, the annex gives {given}"


@rule("EXPO007", "thumbnails-differ", on=Pictures, cause=Cause.IMAGES)
def thumbnails_differ(pictures: Pictures, terms: ExposureTerms) -> Iterator[str]:
    """An item's custom thumbnails are not those of the annex: names, sizes, watermark.

    Why: partners choose a thumbnail by its name and size; an unagreed watermark is in their pages.
    Fix: deliver the title again, so that its thumbnails are made anew; correct `pull.thumbnails` of the annex.
    """
    item, expected = pictures.item, pictures.expected
    shown = {thumbnail.name: thumbnail for thumbnail in item.thumbnails or ()}
    name = name_of(item, expected)
    for thumbnail in expected.thumbnails:
        seen = shown.pop(thumbnail.name, None)
        if seen is None:
            yield f"{name} lacks the thumbnail {thumbnail.name} in {item.list}"
        elif (is_so := _thumbnail_text(seen)) != (should := _thumbnail_text(thumbnail)):
            yield f"{name}: the thumbnail {thumbnail.name} is {is_so}, expected {should}"
    if shown:
        yield f"{name} has the thumbnail {_words_text(sorted(shown))} in {item.list}, which the annex does not have"


@rule("EXPO008", "address-without-file", on=AskedAddress, cause=Cause.MEDIA)
def address_without_file(asked: AskedAddress, terms: ExposureTerms) -> Iterator[str]:
    """An address of a picture or media file gives no file, or another type or size than the item says.

    Why: the partner downloads it by this address; a title without its files does not appear there.
    Fix: upload the file again, or correct its entry in JW Player; for a host that may be asked, add it to
        `pull.check.url_hosts`. For an address of our API, see `pull.signed_media` and the log of `serve-api`.
    """
    address = asked.address
    if asked.is_https_required and not address.url.lower().startswith("https://"):
        yield f"{address.what}: its address does not begin with https://"
    if asked.sentence:
        yield f"{address.what}: {asked.sentence}"
        return
    if not _is_type(address.media_type, asked.media_type):
        yield f"{address.what}: the type is {asked.media_type or 'none'}, the item says {address.media_type}"
    if address.size_bytes is not None and asked.size_bytes != address.size_bytes:
        yield f"{address.what}: {asked.size_bytes} bytes, the item says {address.size_bytes}"


@rule("EXPO013", "thumbnail-pixels-differ", on=DownloadedThumbnail, cause=Cause.IMAGES)
def thumbnail_pixels_differ(downloaded: DownloadedThumbnail, terms: ExposureTerms) -> Iterator[str]:
    """A thumbnail that was downloaded is no picture, or has other pixels or another format than the item says.

    Why: partners place a thumbnail by the size that the item says; another one is stretched, or not shown at all.
    Fix: deliver the title again, so that its thumbnails are made anew; if it stays, look at the bucket of thumbnails.
    """
    address = downloaded.address
    if downloaded.sentence:
        yield f"{address.what}: {downloaded.sentence}"
        return
    pixels, told = f"{downloaded.width_px}x{downloaded.height_px}", f"{address.width_px}x{address.height_px}"
    if pixels != told:
        yield f"{address.what}: the picture has {pixels} px, the item says {told} px"
    if not _is_type(address.media_type, f"image/{downloaded.format.lower()}"):
        yield f"{address.what}: the picture is a {downloaded.format}, the item says {address.media_type}"


@rule("EXPO011", "show-and-episode-apart", on=Belonging, cause=Cause.METADATA)
def show_and_episode_apart(belonging: Belonging, terms: ExposureTerms) -> Iterator[str]:
    """An episode's show is not in the list of shows, or its season or number is not the ledger's.

    Why: the partner files an episode under its show and season; without them it is lost or in the wrong place.
    Fix: correct show_id, season and number in EDYE, publish the series for this partner, then publish again.
    """
    item, expected = belonging.item, belonging.expected
    if item.list is ListName.ENTRIES or item.is_deleted:
        return
    name = name_of(item, expected)
    is_episode = item.list is ListName.EPISODES
    if item.kind and (item.kind == EPISODE) != is_episode:
        yield f"{name} is of kind {item.kind}, which does not belong in the list {item.list}"
    if is_episode and belonging.show_kind is not None and belonging.show_kind != SERIES:
        found = f"of kind {belonging.show_kind}" if belonging.show_kind else "not in the list of shows"
        yield f"{name}: its show {item.show_id or '(none)'} is {found}"
    if expected is None:
        return
    for key in ("show_id", "season_number", "episode_number") if is_episode else ():
        seen, should = getattr(item, key), getattr(expected, key)
        if seen != should:
            yield f"{name}: {key} is {_or_none(seen)}, expected {_or_none(should)}"


def name_of(item: SeenItem, expected: ExpectedItem | RemovedItem | None) -> str:
    """The name of an item for people: the external_id where it has one."""
    return item.external_id or (expected.external_id if expected else "") or f"the item {item.id or '(without id)'}"


def _outside_window(name: str, item: SeenItem, expected: ExpectedItem, shown: Shown) -> Iterator[str]:
    ends = [at for at in (expected.closes_at, None if item.kind == SERIES else item.closes_at) if at is not None]
    if ends and min(ends) + CLOCK_TOLERANCE < shown.seen_at:
        yield f"{name} is shown in {item.list}, and its window ended at {min(ends):%Y-%m-%d %H:%M:%S} UTC"
    begins = [at for at in (expected.opens_at, None if item.kind == SERIES else item.opens_at) if at is not None]
    if begins and max(begins) - CLOCK_TOLERANCE > shown.seen_at:
        yield f"{name} is shown in {item.list}, and its window begins at {max(begins):%Y-%m-%d %H:%M:%S} UTC"


def _thumbnail_text(thumbnail: SeenThumbnail | ExpectedThumbnail) -> str:
    size = f", size {thumbnail.size}" if thumbnail.size else ""
    return f"{thumbnail.width_px}x{thumbnail.height_px} px{size}, watermark {thumbnail.watermark or 'none'}"


def _is_type(told: str, answered: str) -> bool:
    """Whether the answer's type is what the item says; `image/*` is any picture, an empty text says nothing."""
    told, answered = told.strip().lower(), answered.partition(";")[0].strip().lower()
    if not told:
        return True
    if told.endswith("/*"):
        return answered.startswith(told[:-1])
    return told == answered or any({told, answered} <= same for same in SAME_MEDIA_TYPES)


def _words_text(words: object) -> str:
    return ", ".join(map(str, words)) if isinstance(words, (list, tuple)) and words else "none"


def _or_none(value: str | int | None) -> str:
    return "none" if value in (None, "") else str(value)
