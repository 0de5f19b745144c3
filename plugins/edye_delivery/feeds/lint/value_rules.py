"""FEED1xx, values: ids, images, durations, ratings and types that the prose or practice advises against."""

from __future__ import annotations

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.rules.feed_rule import error, warning

PROSE = "roku-search-feed.md"
NEWER = "roku-vod-delivery.md, The Search feed since the seed text"

EXTERNAL_ID_TYPE = warning(
    "FEED141", "external-id-type",
    what="A Gracenote id begins like that of another type: MV is a movie, EP an episode, SH a show.",
    why="Roku takes texts and pictures of another title from Gracenote, or finds none.",
    fix="Copy the id of this title: MV for a movie, EP for an episode, SH for its series.",
    source=f"{PROSE}, ExternalId",
)  # fmt: skip
IMAGE_NAME = warning(
    "FEED143", "image-name-format", owner=Owner.DESIGN,
    what="The URL of an image ends with a format that Roku does not take, such as .webp or .svg.",
    why="Roku takes JPEG, GIF and PNG; a title without a main image is refused.",
    fix="Export the image as JPEG or PNG; --check-urls looks at what the URL answers.",
    source=f"{PROSE}, Image",
)  # fmt: skip
DURATION_TWICE = warning(
    "FEED144", "duration-given-twice", owner=Owner.DEVOPS,
    what="durationInSeconds and durationInMilliseconds are both given.",
    why="The prose recommends that only one is provided.",
    fix="Write only durationInMilliseconds.",
    source=f"{PROSE}, Asset, durationInMilliseconds",
)  # fmt: skip
COUNTRY_RATING_MISSING = warning(
    "FEED145", "country-rating-missing",
    what="A title is offered in a country of whose authorities it has no rating.",
    why="Roku leaves unrated titles out in that country, those for children above all.",
    fix="Add the rating of an authority of that country, or map another one to it in the annex.",
    source=f"{PROSE}, Asset, advisoryRatings; Ratings",
)  # fmt: skip
DESCRIPTOR_SPELLING = warning(
    "FEED146", "descriptor-spelling",
    what="A rating's descriptor is written as the prose does, not as the published schema does.",
    why="Roku's two texts differ; its validator reads the schema.",
    fix="Write the descriptor in lower case, as the message has it.",
    source=f"{PROSE}, Ratings; decisions.md, The schema's own traps",
)  # fmt: skip
SUB_TYPE_UNKNOWN = error(
    "FEED148", "sub-type-unknown",
    what="A subType is none of the list.",
    why="Roku cannot tell what kind of extra the title is.",
    fix="Use one of the values that Roku's page lists, or leave the key out.",
    source=NEWER,
)  # fmt: skip
