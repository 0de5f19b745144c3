"""The content of a Direct Publisher item: media files, captions and period of one language version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.catalog.order import Accepted
from edye_delivery.catalog.title import Caption, Source, Title
from edye_delivery.feeds.roku.limits import BITRATE_MAX_KBPS
from edye_delivery.feeds.roku.vocabularies import DIRECT_VIDEO_TYPES, SINGLE_FILE_TYPES
from edye_delivery.feeds.rule import excerpt
from edye_delivery.feeds.write.direct_publisher.values import LAST_S, Item, is_address, language_of, midnight_s, moment
from edye_delivery.feeds.write.grouping import Versions
from edye_delivery.feeds.write.notes import Notes, Unfit
from edye_delivery.feeds.write.rules import PART_LEFT_OUT, TITLE_LEFT_OUT, VALUE_UNMAPPED
from edye_delivery.feeds.write.texts import likeness
from edye_delivery.feeds.write.values import Values

TRICK_PLAY = "BIF"
CAPTION_TYPES = {"subtitle": "SUBTITLE", "closed_caption": "CLOSED_CAPTION"}


class Contents:
    """Writes the contents of one feed; what had to be left out is in the notes."""

    def __init__(self, spec: FeedSpec, values: Values, notes: Notes) -> None:
        self._spec, self._values, self._notes = spec, values, notes

    def choose(self, versions: Versions, released: date) -> tuple[Accepted, Item]:
        """The one version that the feed shows, and its content; Unfit if none can be shown.

        The first choice is the version in the feed's language, then come the others in their order.
        """
        found: tuple[Accepted, Item] | None = None
        unfit_versions: list[tuple[str, Unfit]] = []
        languages = [self._spec.language]
        known_ms = next((title.duration_ms for title in versions.titles if title.duration_ms), 0)
        for entry in sorted(versions.entries, key=lambda entry: likeness(entry.title.lang, languages)):
            if found is not None:
                message = f"the feed has one version of a title: that in {excerpt(found[0].title.lang)}"
                self._notes.add(entry.external_id, PART_LEFT_OUT, message)
                continue
            try:
                found = entry, self._content(entry, entry.title.duration_ms or known_ms, released)
            except Unfit as unfit:
                unfit_versions.append((entry.external_id, unfit))
        if found is None:
            raise unfit_versions[0][1]
        for external_id, reason in unfit_versions:
            self._notes.add(external_id, reason.rule, reason.message)
        return found

    def _content(self, entry: Accepted, duration_ms: int, released: date) -> Item:
        title, external_id = entry.title, entry.external_id
        period = self._period(title)
        self._check_countries(entry)
        duration_s = (duration_ms + 500) // 1000
        if duration_s <= 0:
            raise Unfit(TITLE_LEFT_OUT, f"its duration is {duration_ms / 1000:g} s")
        videos, trick_play_files = self._files(title.sources, duration_ms, external_id)
        if not videos:
            raise Unfit(TITLE_LEFT_OUT, "none of its media files can be in the feed")
        language = language_of(title.lang)
        if title.lang and language is None:
            self._notes.add(external_id, VALUE_UNMAPPED, f"the language {excerpt(title.lang)} is not an ISO 639 code")
        parts: Item = {
            "dateAdded": period.get("validityPeriodStart", moment(midnight_s(released))),
            "videos": videos,
            "duration": duration_s,
            "captions": self._captions(title.captions, external_id),
            "trickPlayFiles": trick_play_files,
            "language": language,
            **period,
        }
        return {key: value for key, value in parts.items() if value}

    def _period(self, title: Title) -> Item:
        """The availability in whole seconds, never shorter than the catalogue's; Unfit if it is over."""
        start_ms, end_ms = self._values.window_ms(title)
        period: Item = {}
        if start_ms is not None:
            period["validityPeriodStart"] = moment(min(start_ms // 1000, LAST_S - 1))
        if end_ms is not None:
            period["validityPeriodEnd"] = moment(-(-end_ms // 1000))
        return period

    def _check_countries(self, entry: Accepted) -> None:
        """Unfit if the title is for none of the feed's countries; the feed cannot name the countries of one title."""
        countries = {country.lower() for country in entry.title.geo}
        feed_countries = set(self._spec.countries)
        if countries and not countries & feed_countries:
            raise Unfit(
                TITLE_LEFT_OUT, f"it is for none of the feed's countries ({', '.join(sorted(feed_countries))[:80]})"
            )
        if countries and not feed_countries <= countries:
            message = f"the feed cannot say that it is not for {', '.join(sorted(feed_countries - countries))[:80]}"
            self._notes.add(entry.external_id, PART_LEFT_OUT, message)

    def _files(self, sources: Sequence[Source], duration_ms: int, external_id: str) -> tuple[list[Item], list[Item]]:
        """Videos and trick-play files."""
        videos: list[Item] = []
        trick_play_files: list[Item] = []
        for source in sources:
            word = self._spec.media_types.get(source.type)
            if word != TRICK_PLAY and word not in DIRECT_VIDEO_TYPES:
                message = f"the media type {excerpt(source.type)} is not in the annex's table"
                self._notes.add(external_id, VALUE_UNMAPPED, message)
            elif not is_address(source.file):
                self._notes.add(external_id, PART_LEFT_OUT, f"a media file has the address {excerpt(source.file)}")
            elif word == TRICK_PLAY:
                quality = "FHD" if self._values.quality(source) in ("fhd", "uhd") else "HD"
                trick_play_files.append({"url": source.file, "quality": quality})
            elif (video := self._video(source, str(word), duration_ms, external_id)) is not None:
                videos.append(video)
        return _once(videos), _once(trick_play_files)

    def _video(self, source: Source, video_type: str, duration_ms: int, external_id: str) -> Item | None:
        is_single_file = video_type in SINGLE_FILE_TYPES
        video = {"url": source.file, "quality": self._values.quality(source).upper(), "videoType": video_type}
        bitrate_kbps = _bitrate_kbps(source, duration_ms if is_single_file else 0)
        if bitrate_kbps is None:
            if is_single_file:
                message = f"the media file {excerpt(source.file)} has no bitrate and no filesize"
                self._notes.add(external_id, PART_LEFT_OUT, message)
            return None if is_single_file else video
        if bitrate_kbps > BITRATE_MAX_KBPS:
            message = f"{bitrate_kbps} kbps of {excerpt(source.file)}, at most {BITRATE_MAX_KBPS} are taken"
            self._notes.add(external_id, PART_LEFT_OUT, message)
            return None if is_single_file else video
        return {**video, "bitrate": bitrate_kbps}

    def _captions(self, captions: Sequence[Caption], external_id: str) -> list[Item]:
        kept: list[Item] = []
        for caption in captions:
            language, kind = language_of(caption.lang), CAPTION_TYPES.get(caption.kind or "")
            if not is_address(caption.url):
                self._notes.add(external_id, PART_LEFT_OUT, f"a caption has the address {excerpt(caption.url)}")
            elif language is None:
                message = f"the caption language {excerpt(caption.lang)} is not an ISO 639 code"
                self._notes.add(external_id, VALUE_UNMAPPED, message)
            elif kind is None:
                message = f"the feed does not know the caption kind {excerpt(caption.kind)}"
                self._notes.add(external_id, VALUE_UNMAPPED, message)
            else:
                kept.append({"url": caption.url, "language": language, "captionType": kind})
        return _once(kept)


def _bitrate_kbps(source: Source, duration_ms: int) -> int | None:
    """The catalogue's bitrate, else that from the size of a single file; None if neither is known."""
    if source.bitrate is not None and source.bitrate > 0:
        return max(1, (source.bitrate + 500) // 1000)
    if source.filesize is not None and source.filesize > 0 and duration_ms > 0:
        return max(1, (source.filesize * 8 + duration_ms // 2) // duration_ms)
    return None


def _once(entries: list[Item]) -> list[Item]:
    return [entry for number, entry in enumerate(entries) if entry not in entries[:number]]
