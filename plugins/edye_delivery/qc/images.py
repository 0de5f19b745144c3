"""IMG rules on the artwork that the partner requires or that thumbnails are made from; the files count, not names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlsplit

from edye_delivery.annex.art import has_ratio_of_kind, has_size_of_kind, is_readable, thumbnail_origin
from edye_delivery.annex.limits import ThumbnailSpec
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.art import ratio_off_percent
from edye_delivery.catalog.facts import ImageFacts, ProbeFailure
from edye_delivery.catalog.title import Title
from edye_delivery.catalog.vocabulary import Cause, ImageKind, Severity, TitleKind
from edye_delivery.qc.rule import Subject, rule

VOD_PAGE = "decisions.md, Roku's VOD delivery page"
URLS = "architecture.md, Security, from the first line"
EDYE_IMAGE = "edye-api.yaml, Image"
picture_rule = partial(rule, on=Subject.PICTURE, cause=Cause.IMAGES)


@dataclass(frozen=True, slots=True)
class Artwork:
    """A title, the facts measured in its pictures, and the kinds of artwork with a finding or not looked at."""

    title: Title
    pictures: tuple[ImageFacts, ...]
    kinds_with_findings: frozenset[ImageKind] = frozenset()


RULE_OF_FAILURE = {
    ProbeFailure.URL_REFUSED: "IMG002",
    ProbeFailure.NOT_FOUND: "IMG003",
    ProbeFailure.UNREADABLE: "IMG004",
    ProbeFailure.TRUNCATED: "IMG004",
    ProbeFailure.TOO_LARGE: "IMG008",
    ProbeFailure.UNAVAILABLE: "IMG010",
    ProbeFailure.HOST_NOT_ALLOWED: "IMG012",
}


def picture_name(kind: ImageKind, url: str) -> str:
    """A picture for people: its kind and its file's name, without host and query."""
    return f"{kind.value} {urlsplit(url).path.rpartition('/')[2]!r:.80}"


def missing_kinds(title: Title, annex: Annex) -> list[ImageKind]:
    """The kinds of artwork that the annex requires for such a title and the catalogue does not have."""
    return [kind for kind in annex.images.required.get(title.kind, ()) if kind not in {i.kind for i in title.images}]


def _why_not_read(picture: ImageFacts, annex: Annex) -> str | None:
    if picture.failure is not None:
        return f"{picture_name(picture.kind, picture.url)} could not be read ({RULE_OF_FAILURE[picture.failure]})"
    return None


def _why_no_size_check(picture: ImageFacts, annex: Annex) -> str | None:
    if picture.failure is None and not has_ratio_of_kind(annex, picture):
        return f"{picture_name(picture.kind, picture.url)} has the wrong ratio (IMG005)"
    return _why_not_read(picture, annex)


def _why_series_unknown(artwork: Artwork, annex: Annex) -> str | None:
    if artwork.title.kind is TitleKind.EPISODE and artwork.title.series is None:
        return "the episode's series, which could give artwork, is not in the catalogue (META014)"
    return None


def _specs_without_origin(artwork: Artwork, annex: Annex) -> list[ThumbnailSpec]:
    return [spec for spec in annex.thumbnails if thumbnail_origin(annex, spec, artwork.title, artwork.pictures) is None]


def _why_origins_unusable(artwork: Artwork, annex: Annex) -> str | None:
    specs = _specs_without_origin(artwork, annex)
    names = [spec.name for spec in specs if artwork.kinds_with_findings & set(spec.origins)]
    if names and len(names) == len(specs):
        return f"the artwork for {', '.join(names)} has a finding of its own or was not looked at"
    return _why_series_unknown(artwork, annex) if specs else None


def _failures_of(picture: ImageFacts, *failures: ProbeFailure) -> Iterator[str]:
    if picture.failure in failures:
        yield f"{picture_name(picture.kind, picture.url)}: {picture.detail or picture.failure}"


@rule(
    "IMG001",
    "image-missing",
    Severity.BLOCK,
    on=Subject.ARTWORK,
    cause=Cause.IMAGES,
    source=VOD_PAGE,
    unless=_why_series_unknown,
)
def image_missing(artwork: Artwork, annex: Annex) -> Iterator[str]:
    """The catalogue has no artwork of a kind that the partner requires for such a title.

    Why: the partner drops a title without its main images.
    Fix: make the artwork and upload it to EDYE; an episode needs its own still.
    """
    missing = missing_kinds(artwork.title, annex)
    if missing:
        required = ", ".join(annex.images.required[artwork.title.kind])
        yield f"no {', '.join(missing)}; required for a title of kind {artwork.title.kind.value}: {required}"


@picture_rule("IMG002", "image-url-refused", Severity.BLOCK, source=URLS)
def image_url_refused(picture: ImageFacts, annex: Annex) -> Iterator[str]:
    """The picture's address is not one that we open.

    Why: addresses in a catalogue come from outside; only plain http(s) addresses are safe to read.
    Fix: correct the image in EDYE.
    """
    yield from _failures_of(picture, ProbeFailure.URL_REFUSED)


@picture_rule("IMG003", "image-not-found", Severity.BLOCK, source=EDYE_IMAGE)
def image_not_found(picture: ImageFacts, annex: Annex) -> Iterator[str]:
    """The media host has no picture at the image's address.

    Why: the partner reads the address itself, and drops a title whose image it cannot read.
    Fix: upload the artwork to EDYE again.
    """
    yield from _failures_of(picture, ProbeFailure.NOT_FOUND)


@picture_rule("IMG004", "image-broken", Severity.BLOCK, source=EDYE_IMAGE)
def image_broken(picture: ImageFacts, annex: Annex) -> Iterator[str]:
    """The file is not a picture, or is damaged or cut short.

    Why: the partner drops a title whose image it cannot read.
    Fix: export the artwork again and upload it to EDYE.
    """
    yield from _failures_of(picture, ProbeFailure.UNREADABLE, ProbeFailure.TRUNCATED)


@picture_rule("IMG005", "image-ratio-wrong", Severity.BLOCK, source=VOD_PAGE, unless=_why_not_read)
def image_ratio_wrong(picture: ImageFacts, annex: Annex) -> Iterator[str]:
    """The picture does not have the ratio of width to height that its kind needs.

    Why: the partner drops or distorts images with a wrong ratio.
    Fix: export the artwork again in the expected ratio; do not stretch it.
    """
    limits = annex.images.limits.get(picture.kind)
    if limits and not has_ratio_of_kind(annex, picture):
        off_percent, most_percent = (
            ratio_off_percent(picture.width_px, picture.height_px, limits.ratio),
            limits.ratio_tolerance_percent,
        )
        yield (
            f"{picture_name(picture.kind, picture.url)} is {picture.width_px}x{picture.height_px} px, "
            f"{off_percent:.2f} % off the ratio {limits.ratio}; up to {most_percent:g} % is tolerated"
        )


@picture_rule("IMG006", "image-too-small", Severity.BLOCK, source=VOD_PAGE, unless=_why_no_size_check)
def image_too_small(picture: ImageFacts, annex: Annex) -> Iterator[str]:
    """The picture has fewer pixels than the partner requires for its kind.

    Why: the partner drops images below its minimum size.
    Fix: export the artwork again from the master; never upscale.
    """
    limits = annex.images.limits.get(picture.kind)
    if limits and not has_size_of_kind(annex, picture):
        yield (
            f"{picture_name(picture.kind, picture.url)} is {picture.width_px}x{picture.height_px} px, "
            f"expected {limits.min_width_px}x{limits.min_height_px} px or more"
        )


@picture_rule("IMG007", "image-format-unsupported", Severity.BLOCK, source=VOD_PAGE, unless=_why_not_read)
def image_format_unsupported(picture: ImageFacts, annex: Annex) -> Iterator[str]:
    """The partner does not take the picture's real format, whatever the file name says.

    Why: the partner cannot read it.
    Fix: export the artwork in one of the expected formats.
    """
    if picture.format not in annex.images.formats:
        expected = ", ".join(annex.images.formats)
        yield f"{picture_name(picture.kind, picture.url)} is {picture.format!r:.20}, expected {expected}"


@picture_rule(
    "IMG008", "image-too-large", Severity.BLOCK, source="the annex file, images.max_size_bytes and max_pixels"
)
def image_too_large(picture: ImageFacts, annex: Annex) -> Iterator[str]:
    """The picture has more bytes or pixels than the annex allows.

    Why: pictures come from outside; without a limit, one of them could use up memory and time.
    Fix: export the artwork in a smaller size.
    """
    limits, name = annex.images, picture_name(picture.kind, picture.url)
    pixels = picture.width_px * picture.height_px
    if picture.failure is ProbeFailure.TOO_LARGE:
        yield f"{name}: {picture.detail}"
    elif picture.size_bytes > limits.max_size_bytes:
        yield f"{name} has {picture.size_bytes} bytes, expected {limits.max_size_bytes} bytes or less"
    elif pixels > limits.max_pixels:
        yield f"{name} has {pixels} pixels, expected {limits.max_pixels} pixels or less"


@rule(
    "IMG009",
    "thumbnail-needs-larger-art",
    Severity.BLOCK,
    on=Subject.ARTWORK,
    cause=Cause.IMAGES,
    source="roku-partner-annex.md section 4",
    unless=_why_origins_unusable,
)
def thumbnail_needs_larger_art(artwork: Artwork, annex: Annex) -> Iterator[str]:
    """No picture of the title is large enough for one of the annex's thumbnails.

    Why: a title is not accepted without its thumbnails, and an upscaled thumbnail looks bad.
    Fix: upload larger artwork of one of the named kinds to EDYE, or a custom thumbnail of the exact ratio.
    """
    for spec in _specs_without_origin(artwork, annex):
        if not artwork.kinds_with_findings & set(spec.origins):
            sizes = [
                f"{picture_name(picture.kind, picture.url)} {picture.width_px}x{picture.height_px} px"
                for picture in artwork.pictures
                if picture.kind in spec.origins and is_readable(annex, picture)
            ]
            yield (
                f"thumbnail {spec.name} needs {spec.width_px}x{spec.height_px} px of {' or '.join(spec.origins)}; "
                f"there is {', '.join(sizes) or 'none'}"
            )


@rule(
    "IMG010",
    "image-unavailable",
    Severity.BLOCK,
    on=Subject.PICTURE,
    cause=Cause.TRANSIENT,
    source="roku-partner-annex.md section 7",
)
def image_unavailable(picture: ImageFacts, annex: Annex) -> Iterator[str]:
    """The picture could not be read now: the media host does not answer or refuses access.

    Why: a title is not delivered with a picture that was not checked; the picture itself may be good.
    Fix: run the window again; the run also reads the picture's address from the catalogue again. If the finding stays,
    check the media host (its permissions, its compression).
    """
    yield from _failures_of(picture, ProbeFailure.UNAVAILABLE)


@picture_rule("IMG011", "image-colour-profile-broken", Severity.WARN, source="ICC.1, 7.2.6", unless=_why_not_read)
def image_colour_profile_broken(picture: ImageFacts, annex: Annex) -> Iterator[str]:
    """The colour profile in the picture cannot be used.

    Why: without the profile nobody knows the right colours, so players and our thumbnails may show wrong ones.
    Fix: export the artwork again with the profile sRGB embedded.
    """
    if picture.profile_defect:
        yield f"{picture_name(picture.kind, picture.url)}: {picture.profile_defect}"


@rule(
    "IMG012",
    "image-host-not-allowed",
    Severity.BLOCK,
    on=Subject.PICTURE,
    cause=Cause.AUTH,
    source=URLS,
)
def image_host_not_allowed(picture: ImageFacts, annex: Annex) -> Iterator[str]:
    """The picture is on a host that this installation may not open.

    Why: addresses in a catalogue come from outside; only hosts on the allow-list are read.
    Fix: if the host is EDYE's, add it to catalogue.media_hosts of the annex or to allowed_hosts of the connection
    edye_api; if it is not, ask Design to correct the image in EDYE.
    """
    yield from _failures_of(picture, ProbeFailure.HOST_NOT_ALLOWED)
