"""The images that an asset names: their types and languages."""

from __future__ import annotations

from typing import Any

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.lint.search.context import SearchContext
from edye_delivery.feeds.lint.search.texts import check_title_languages, languages_of
from edye_delivery.feeds.lint.urls import check_image_name
from edye_delivery.feeds.roku.item import TITLE_TYPES
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.roku.sources import SEARCH_PAGE, SEARCH_SCHEMA
from edye_delivery.feeds.roku.vocabularies import MAIN_IMAGE_TYPES
from edye_delivery.feeds.rule import FeedRule, Hit, error, excerpt

IMAGE_INCOMPLETE = error(
    "FEED021", "image-incomplete", owner=Owner.DESIGN,
    what="An image lacks its type or its url.",
    why="Roku drops the image.",
    fix="Add both, or take the entry out.",
    source=f"{SEARCH_SCHEMA}, image",
)  # fmt: skip
IMAGE_TYPE_UNKNOWN = error(
    "FEED022", "image-type-unknown", owner=Owner.DESIGN,
    what="An image's type is not in the list.",
    why="Roku drops the image.",
    fix="Use main for the poster with the title on it, background for the picture without text.",
    source=f"{SEARCH_SCHEMA}, image_type",
)  # fmt: skip
MAIN_IMAGE_MISSING = error(
    "FEED104", "main-image-missing", owner=Owner.DESIGN,
    what="An asset has no image of type main.",
    why="Roku refuses a title without a main poster.",
    fix="Add a poster of 16:9 or 2:3 with the title on it.",
    source=f"{SEARCH_PAGE}, Asset, images",
    partner_code="IMAGE_INVALID_MAIN",
)  # fmt: skip
IMAGE_LANGUAGE_MISSING = error(
    "FEED125", "image-language-missing", owner=Owner.DESIGN,
    what="A title has a language in which there is no main image.",
    why="Roku requires images in every language of the titles.",
    fix="Add an image in that language, or add the language to an image that fits it.",
    source=f"{SEARCH_PAGE}, Title, languages",
)  # fmt: skip
REQUIRED: dict[str, dict[str, FeedRule]] = {"images": {"type": IMAGE_INCOMPLETE, "url": IMAGE_INCOMPLETE}}
LISTED: dict[str, FeedRule] = {"images/type": IMAGE_TYPE_UNKNOWN}


def check_images(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect of the images that can be found without opening them."""
    images = asset.get("images", ())
    main: set[str] = set()
    everywhere = False
    extra: set[str] = set()
    for index, image in enumerate(images):
        path = f"/images/{index}"
        languages = languages_of(image, context.known.image, path, context, hits)
        extra.update(languages)
        if "url" in image:
            check_image_name(image["url"], path, hits, "/url")
        if image.get("type") in MAIN_IMAGE_TYPES:
            main.update(languages)
            everywhere = everywhere or "" in languages
    if not main and kind in TITLE_TYPES and not _is_episode_with_background(images, kind, context):
        hits.append(MAIN_IMAGE_MISSING.at("", "there is no image of type main", "images"))
        return
    titles = {name for text in asset.get("titles", ()) for name in text.get("languages") or (text.get("language"),)}
    title_languages = {language for name in titles if (language := name or context.default_language)}
    if main and not everywhere:
        for language in sorted(title_languages - main):
            message = f"no main image has the title's language {excerpt(language)}"
            hits.append(IMAGE_LANGUAGE_MISSING.at("/images", message))
    if titles:
        check_title_languages(extra - title_languages, "/images", hits)


def _is_episode_with_background(images: Any, kind: str, context: SearchContext) -> bool:
    """Whether it is an episode with only a background image, which Roku's page accepts now."""
    is_accepted = kind == "episode" and context.profile is Profile.ROKU
    return is_accepted and any(image.get("type") == "background" for image in images)
