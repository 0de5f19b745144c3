"""A partner in words: the limits, tables and rules of its annex."""

from __future__ import annotations

from collections.abc import Iterator

from edye_delivery.annex.api import PollingPolicy
from edye_delivery.annex.metadata_field import MetadataField
from edye_delivery.annex.model import Annex
from edye_delivery.reports.markdown import code, codes, table

FORMS = ("roles", "join", "format", "zone", "lang", "max_chars", "default")


def metadata(annex: Annex) -> Iterator[str]:
    """Where every key of the partner's JSON comes from."""
    required = set(annex.minimum_metadata)
    rows = [
        (code(key), _origin(field), code(field.map) if field.map else "-", "yes" if key in required else "no")
        for key, field in annex.metadata.items()
    ]
    yield from table(("key", "comes from", "mapping table", "must not be empty"), rows)


def mappings(annex: Annex) -> Iterator[str]:
    """Every table in a few lines: the words that stay as they are, then the partner's words for others."""
    if not annex.mappings:
        return
    yield "A value that its table does not have is a finding. It is never dropped silently."
    yield ""
    rows: list[tuple[str, ...]] = []
    for name, lines in annex.mappings.items():
        same = [word for word, theirs in lines.items() if word == theirs]
        rows += [(code(name), "the same word", codes(same))] if same else []
        for theirs in dict.fromkeys(theirs for word, theirs in lines.items() if word != theirs):
            text = code(theirs) if theirs else "nothing (left out on purpose)"
            rows.append((code(name), text, codes(word for word in lines if lines[word] == theirs != word)))
    yield from table(("table", "the partner says", "for the catalogue's"), rows)


def text(annex: Annex) -> Iterator[str]:
    """Lengths of texts."""
    rows = [(name.removesuffix("_max_chars"), str(limit)) for name, limit in annex.text.model_dump().items()]
    yield from table(("text", "characters at most"), rows)


def video(annex: Annex) -> Iterator[str]:
    """What a media file has to be."""
    limits = annex.video
    yield from table(
        ("property", "limit"),
        [
            ("accepted types of source", codes(limits.source_types)),
            ("container", codes(limits.containers)),
            ("codec", codes(limits.codecs)),
            ("short edge", f"at least {limits.min_short_edge_px} px"),
            ("duration", f"{limits.min_duration_s:g} to {limits.max_duration_s} s"),
            ("catalogue's and measured duration differ", f"by {limits.duration_tolerance_s:g} s at most"),
            ("size", f"at most {limits.max_size_bytes} bytes"),
            ("audio", "required" if limits.audio_required else "not required"),
        ],
    )


def reencode(annex: Annex) -> Iterator[str]:
    """The profile for media that only a new encode fixes."""
    profile = annex.reencode
    if profile is None:
        yield "Nothing is re-encoded for this partner."
        return
    quality = f"crf {profile.crf}, preset {code(profile.preset)}, {code(profile.pixel_format)}"
    sound = f"{code(profile.audio_codec)}, {profile.audio_bitrate_kbps} kbit/s"
    yield from table(
        ("what", "value"),
        [
            ("further types of source, if none of the above exists", codes(profile.source_types)),
            ("container", f"{code(profile.container)}{', index first' if profile.faststart else ''}"),
            ("video", f"{code(profile.video_codec)} by {code(profile.encoder)}, {quality}"),
            ("sound", sound),
            ("one encode is stopped after", f"{profile.time_limit_s} s"),
        ],
    )


def images(annex: Annex) -> Iterator[str]:
    """What artwork has to be, and which kinds of it a title needs."""
    art = annex.images
    yield f"{codes(art.formats)}, at most {art.max_size_bytes} bytes and {art.max_pixels} pixels."
    yield ""
    rows = [
        (kind.value, one.ratio, f"{one.ratio_tolerance_percent:g} %", f"{one.min_width_px} x {one.min_height_px} px")
        for kind, one in art.limits.items()
    ]
    yield from table(("artwork", "ratio", "tolerated", "at least"), rows)
    yield ""
    needed = [(kind.value, ", ".join(item.value for item in kinds) or "-") for kind, kinds in art.required.items()]
    yield from table(("title", "needs"), needed)


def thumbnails(annex: Annex) -> Iterator[str]:
    """The thumbnails that every title must have."""
    if not annex.thumbnails:
        return
    rows = [
        (code(spec.name), f"{spec.width_px} x {spec.height_px} px {spec.format}", ", ".join(spec.origins))
        for spec in annex.thumbnails
    ]
    yield from table(("name", "size", "made from the first usable of"), rows)


def errors(annex: Annex) -> Iterator[str]:
    """The table from the partner's answers to our causes."""
    yield "The first matching line counts. Without a matching line the cause is `unknown`, and a person decides."
    yield ""
    rows = [
        (str(number), codes(rule.http_status), codes(rule.codes), codes(rule.text_contains), rule.cause.value)
        for number, rule in enumerate(annex.errors, start=1)
    ]
    yield from table(("line", "HTTP status", "code", "text contains", "cause"), rows)


def polling(policy: PollingPolicy) -> str:
    """How a wait looks for an outcome, in words."""
    slower = f"then {policy.growth:g} times slower each time, up to {policy.slowest_s:g} s"
    return f"first after {policy.first_s:g} s, every {policy.every_s:g} s, {slower}"


def waivers(annex: Annex) -> Iterator[str]:
    """Rules that do not count until a date."""
    if not annex.waivers:
        yield "None."
        return
    rows = [(code(rule), f"{waiver.until}", waiver.reason) for rule, waiver in sorted(annex.waivers.items())]
    yield from table(("rule", "until", "reason"), rows)


def _origin(field: MetadataField) -> str:
    if field.constant is not None:
        return f"always {code(field.constant)}"
    origin = code(f"external_ids.{field.external}") if field.external is not None else code(field.field)
    options = field.model_dump(include=set(FORMS), exclude_defaults=True)
    parts = [f"{name} {codes(value) if isinstance(value, tuple) else code(value)}" for name, value in options.items()]
    return ", ".join([origin, *parts, *(["also when empty"] if field.keep_empty else [])])
