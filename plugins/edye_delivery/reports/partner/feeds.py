"""A partner in words: its feeds."""

from __future__ import annotations

from collections.abc import Iterator

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.model import Annex
from edye_delivery.reports.markdown import code, codes, table


def feeds(annex: Annex) -> Iterator[str]:
    """Every feed: what it is made of, where it goes, and what viewers are offered."""
    for spec in annex.feeds:
        yield f"#### {spec.name}"
        yield ""
        yield from table(("setting", "value"), [*_rows(spec)])
        yield ""
    if annex.feeds:
        yield "A feed has all accepted titles. A feed with errors is not published ([FEED_RULES.md](FEED_RULES.md))."


def _rows(spec: FeedSpec) -> Iterator[tuple[str, str]]:
    price = f", {spec.offer.price} {spec.offer.currency}" if spec.offer.price is not None else ""
    spelling = {"schema": "spelled as in the published schema", "samples": "spelled as in the partner's samples"}
    yield "writer", code(spec.writer)
    yield "connection, prefix", f"{code(spec.conn_id)}, {code(spec.prefix)}"
    yield "page", f"at most {spec.page_max_bytes:,} bytes; a feed below 20,000,000 bytes is one page"
    yield "old pages stay", f"{spec.keep_old_s:,} s"
    yield "a cache may keep the first page", f"{spec.cache_s:,} s"
    yield "types of items", spelling[spec.spelling]
    yield "language, countries", f"{code(spec.language)}, {codes(spec.countries)}"
    yield "offer", f"{spec.offer.license}{price}"
    yield "ids", codes(dict.fromkeys(spec.ids.model_dump().values()))
    tables = [spec.genres, spec.ratings, *([spec.roles] if spec.roles else [])]
    yield "mapping tables", codes(tables)
    yield "artwork", ", ".join(f"{code(kind.value)}: {word}" for kind, word in spec.images.items())
    yield (
        "titles of seasons",
        ", ".join(f"{language}: {code(text)}" for language, text in spec.season_titles.items()) or "-",
    )
    yield "external ids", ", ".join(f"{code(name)}: {source}" for name, source in spec.external_ids.items()) or "-"
    yield "titles with an external id only", code(spec.identify_by) if spec.identify_by else "none"
    yield from _optional(spec)


def _optional(spec: FeedSpec) -> Iterator[tuple[str, str]]:
    if spec.channels:
        yield "live channels", ", ".join(f"{channel.name} ({code(channel.station_id)})" for channel in spec.channels)
    if spec.provider_name:
        yield "provider", spec.provider_name
    if spec.media_types:
        yield "media types", ", ".join(f"{code(mime)}: {word}" for mime, word in spec.media_types.items())
    if spec.playlists:
        yield "playlists", ", ".join(playlist.name for playlist in spec.playlists)
    if spec.categories:
        yield "categories", ", ".join(category.name for category in spec.categories)
