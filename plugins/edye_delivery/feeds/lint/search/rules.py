"""FEED1xx: what the Search feed's prose and practice ask for beyond the schema."""

from __future__ import annotations

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.rules.feed_rule import error, warning

PROSE = "roku-search-feed.md"
BEYOND = "decisions.md, what the linter knows beyond the schema"
PRACTICE = "decisions.md, Known of Roku's own checks, in practice"

SHORT_DESCRIPTIONS_MISSING = error(
    "FEED101", "short-descriptions-missing",
    what="An asset has no shortDescriptions.",
    why="The prose requires them; the schema does not ask.",
    fix="Add a short description of at most 200 characters in the languages of the titles.",
    source=f"{PROSE}, Asset",
)  # fmt: skip
GENRES_MISSING = error(
    "FEED102", "genres-missing",
    what="An asset has no genres.",
    why="The prose requires at least one.",
    fix="Add a genre of Roku's list; map the catalogue's in the annex.",
    source=f"{PROSE}, Asset",
)  # fmt: skip
RATINGS_MISSING = error(
    "FEED103", "ratings-missing",
    what="An asset has no advisoryRatings.",
    why="The prose requires them; unrated kids' content is refused.",
    fix="Add the rating of an authority of every country in which the title is offered.",
    source=f"{PROSE}, Asset",
)  # fmt: skip
MAIN_IMAGE_MISSING = error(
    "FEED104", "main-image-missing", owner=Owner.DESIGN,
    what="An asset has no image of type main.",
    why="Roku refuses a title without a main poster.",
    fix="Add a poster of 16:9 or 2:3 with the title's lettering.",
    source=f"{PROSE}, Asset, images",
    partner_code="IMAGE_INVALID_MAIN",
)  # fmt: skip
RELEASE_MISSING = error(
    "FEED105", "release-missing",
    what="An asset has neither releaseDate nor releaseYear.",
    why="The prose requires one of them; without it the title cannot be sorted or grouped.",
    fix="Add the day of the first release.",
    source=f"{PROSE}, Asset",
    partner_code="ASSET_ALL_RELEASE_REMOVED",
)  # fmt: skip
DURATION_MISSING = error(
    "FEED106", "duration-missing",
    what="A playable asset has neither durationInSeconds nor durationInMilliseconds.",
    why="The prose requires one of them.",
    fix="Add the duration of the media file.",
    source=f"{PROSE}, Asset",
)  # fmt: skip
CONTENT_MISSING = error(
    "FEED107", "content-missing", owner=Owner.DEVOPS,
    what="A playable asset has no content, or no play option.",
    why="There is nothing to open when the title is chosen.",
    fix="Add content with at least one play option.",
    source=f"{PROSE}, Asset, Content",
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip
CURRENCY_MISSING = error(
    "FEED108", "currency-missing",
    what="A play option for rental or purchase has no currency.",
    why="The prose requires it.",
    fix="Add usd, gbp, cad or eur.",
    source=f"{PROSE}, playOptions",
)  # fmt: skip
CURRENCY_UNKNOWN = error(
    "FEED109", "currency-unknown",
    what="A currency is none of the list.",
    why="Roku removes the play option.",
    fix="Use usd, gbp, cad or eur.",
    source=f"{PROSE}, playOptions",
)  # fmt: skip
PRICE_NOT_POSITIVE = error(
    "FEED110", "price-not-positive",
    what="A price is not above 0.",
    why="For a price of 0 the license has to be free or subscription.",
    fix="Set the price, or make the license free or subscription and leave the price out.",
    source=f"{PROSE}, playOptions",
)  # fmt: skip
ID_LENGTH = error(
    "FEED111", "id-length", owner=Owner.DEVOPS,
    what="An id is empty or has more than 50 characters.",
    why="Roku refuses the title.",
    fix="Use an id of 1 to 50 characters; it can never be changed afterwards.",
    source=f"{PROSE}, Asset, id",
)  # fmt: skip
TAG_TOO_LONG = error(
    "FEED112", "tag-too-long",
    what="A tag has more than 20 characters.",
    why="Roku drops the tag.",
    fix="Shorten the tag.",
    source=f"{PROSE}, Asset, tags",
)  # fmt: skip
WINDOW_BACKWARDS = error(
    "FEED113", "window-backwards",
    what="A play option's availability, or its promotion, does not start before it ends.",
    why="The title is never available, or never promoted.",
    fix="Correct the start or the end.",
    source=BEYOND,
)  # fmt: skip
WINDOW_CLOSED = error(
    "FEED114", "window-closed",
    what="Every play option of an asset has ended.",
    why="Roku removes ended play options, and the title with the last of them.",
    fix="Extend the availability, or take the title out of the feed.",
    source=PRACTICE,
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip
PLAY_OPTION_CLOSED = error(
    "FEED115", "play-option-closed",
    what="A play option has ended while another of the asset has not.",
    why="Roku removes the play option.",
    fix="Take the play option out of the feed, or extend its availability.",
    source=PRACTICE,
)  # fmt: skip
WINDOW_MALFORMED = error(
    "FEED116", "window-malformed", owner=Owner.DEVOPS,
    what="A time of a play option's availability or promotion is no ISO 8601 timestamp with a time zone.",
    why="Roku cannot tell when the title is available.",
    fix="Write 2026-03-01T06:00:00Z, or the moment in epoch milliseconds in the ...TimeStamp key.",
    source=f"{PROSE}, playOptions",
    partner_code="PLAY_OPTION_AVAILABILITY_TIME_MISSING",
)  # fmt: skip
WINDOW_IN_SECONDS = error(
    "FEED117", "window-in-seconds", owner=Owner.DEVOPS,
    what="An availability timestamp before 1980 (in milliseconds), or a negative one: it was written in seconds.",
    why="Roku counts milliseconds, and the title would have ended in January 1970.",
    fix="Multiply by 1000.",
    source=f"{PROSE}, playOptions: epoch milliseconds",
)  # fmt: skip
WINDOW_TOLD_TWICE = warning(
    "FEED118", "window-told-twice", owner=Owner.DEVOPS,
    what="A play option has the same moment as timestamp and as text, and the two differ.",
    why="Which of them counts is not told.",
    fix="Write one of the two.",
    source=f"{PROSE}, playOptions",
)  # fmt: skip
DURATION_NOT_POSITIVE = error(
    "FEED119", "duration-not-positive",
    what="A duration is not above 0.",
    why="Roku refuses the title.",
    fix="Write the duration of the media file.",
    source=BEYOND,
    partner_code="ASSET_DURATION_SHORT",
)  # fmt: skip
DURATIONS_DIFFER = error(
    "FEED120", "durations-differ", owner=Owner.DEVOPS,
    what="durationInSeconds and durationInMilliseconds are both given and are not equal.",
    why="The prose asks them to be equal.",
    fix="Write only durationInMilliseconds.",
    source=f"{PROSE}, Asset, durationInMilliseconds",
)  # fmt: skip
DURATION_SHORT = error(
    "FEED121", "duration-short",
    what="A playable asset is shorter than 60 seconds.",
    why="Roku refuses it.",
    fix="Take it out of the feed, or correct the duration; milliseconds may have been written as seconds.",
    source=PRACTICE,
    partner_code="ASSET_DURATION_SHORT",
)  # fmt: skip
YEAR_TOO_EARLY = error(
    "FEED122", "year-too-early",
    what="A title was released before 1900.",
    why="Roku removes the year, and the title with its last release information.",
    fix="Correct the year.",
    source=PRACTICE,
    partner_code="ASSET_ALL_RELEASE_REMOVED",
)  # fmt: skip
YEARS_DIFFER = warning(
    "FEED123", "years-differ",
    what="releaseYear is not the year of releaseDate.",
    why="Which of them counts is not told.",
    fix="Write only releaseDate.",
    source=f"{PROSE}, Asset",
)  # fmt: skip
DESCRIPTION_LANGUAGE_MISSING = error(
    "FEED124", "description-language-missing",
    what="A title has a language in which there is no short description, or no long one although others have one.",
    why="Where a title has languages, descriptions with the same languages must be provided.",
    fix="Add the description in that language.",
    source=f"{PROSE}, Title, languages",
)  # fmt: skip
IMAGE_LANGUAGE_MISSING = error(
    "FEED125", "image-language-missing", owner=Owner.DESIGN,
    what="A title has a language in which there is no main image.",
    why="Where a title has languages, images with the same languages must be provided.",
    fix="Add the language to the image that serves it.",
    source=f"{PROSE}, Title, languages",
)  # fmt: skip
TITLE_LANGUAGE_MISSING = warning(
    "FEED126", "title-language-missing",
    what="A description or image has a language in which the asset has no title.",
    why="Texts and images of a language belong together; Roku's own live sample has such an image.",
    fix="Add the title in that language, or take the language out.",
    source=f"{PROSE}, Description, Image, languages",
)  # fmt: skip
LANGUAGE_TWICE = warning(
    "FEED127", "language-twice",
    what="Two titles, or two descriptions of a kind, are given for one language.",
    why="Which of them is shown is not told.",
    fix="Keep one of them.",
    source=BEYOND,
)  # fmt: skip
DEFAULT_LANGUAGE_MISSING = error(
    "FEED128", "default-language-missing", owner=Owner.DEVOPS,
    what="A text or image has no languages, and the page no defaultLanguage.",
    why="Roku cannot tell to whom it is shown.",
    fix="Add languages, or defaultLanguage at the root.",
    source=f"{PROSE}, Root",
)  # fmt: skip
COUNTRIES_MISSING = error(
    "FEED129", "countries-missing", owner=Owner.DEVOPS,
    what="A play option names no countries, and the page no defaultAvailabilityCountries.",
    why="The title is available nowhere.",
    fix="Add availabilityInfo.country, or defaultAvailabilityCountries at the root.",
    source=f"{PROSE}, Root, playOptions",
)  # fmt: skip
LANGUAGE_DEPRECATED = warning(
    "FEED130", "language-deprecated", owner=Owner.DEVOPS,
    what="A text or image has the deprecated key language.",
    why="languages (a list) has replaced it.",
    fix='Write "languages": ["en"] instead of "language": "en".',
    source=f"{PROSE}, Title; decisions.md, Search feed: what we write",
)  # fmt: skip
KEY_UNKNOWN = warning(
    "FEED131", "key-unknown", owner=Owner.DEVOPS,
    what="An object has a key that the specification does not know.",
    why="The schema lets it pass, so what was meant by a mistyped key is lost.",
    fix="Correct the key, or take it out.",
    source="decisions.md, Search feed: what we write",
)  # fmt: skip
VERSION_UNKNOWN = warning(
    "FEED132", "version-unknown", owner=Owner.DEVOPS,
    what='The version is not "1".',
    why="It is the only one that is specified; Roku's own sample has 1.0.",
    fix='Write "version": "1".',
    source=f"{PROSE}, Root",
)  # fmt: skip
TEXT_EMPTY = error(
    "FEED133", "text-empty",
    what="A title or description has no visible character.",
    why="Roku drops the text, and the title where none is left.",
    fix="Write the text, or take the entry out.",
    source=BEYOND,
)  # fmt: skip
CREDIT_INCOMPLETE = error(
    "FEED134", "credit-incomplete",
    what="A credit lacks its name or its role.",
    why="The prose requires both; Roku drops the credit.",
    fix="Add both, or take the entry out.",
    source=f"{PROSE}, Credit",
)  # fmt: skip
CREDIT_ROLE_UNKNOWN = error(
    "FEED135", "credit-role-unknown",
    what="A credit's role is none of the list.",
    why="Roku drops the credit.",
    fix="Use actor, anchor, host, narrator, voice, director, producer or screenwriter; map roles in the annex.",
    source=f"{PROSE}, Credit",
)  # fmt: skip
SHORTFORM_LONG = warning(
    "FEED136", "shortform-long",
    what="A shortform asset is longer than 15 minutes.",
    why="shortform is for content of 15 minutes or less.",
    fix="Make it a movie or tvspecial.",
    source=f"{PROSE}, Asset, type",
)  # fmt: skip
MOVIE_SHORT = warning(
    "FEED137", "movie-short",
    what="A movie has 15 minutes or less.",
    why="movie is for long-form film of over 15 minutes.",
    fix="Make it a shortform.",
    source=f"{PROSE}, Asset, type",
)  # fmt: skip
EXTERNAL_ID_SHAPE = warning(
    "FEED138", "external-id-shape",
    what="A Gracenote id is not MV, EP or SH and twelve digits, an IMDB id not tt and digits, or any id an address.",
    why="Roku finds nothing under it.",
    fix="Copy the id alone, such as MV012345670000 or tt0371724: of an address the last part.",
    source=f"{PROSE}, ExternalId; roku-direct-publisher-feed.md, External ID",
)  # fmt: skip
EXTERNAL_ID_SOURCE_IDLE = warning(
    "FEED139", "external-id-source-idle", owner=Owner.DEVOPS,
    what="An asset that is not externalIdOnly has externalIdSource.",
    why="It says something of the id only there.",
    fix="Put the id into externalIds, or make the type externalIdOnly.",
    source=f"{PROSE}, Asset, externalIdSource",
)  # fmt: skip
NUMBER_NEGATIVE = error(
    "FEED140", "number-negative",
    what="A season or episode number is negative.",
    why="Roku cannot place the episode.",
    fix="Number from 1; 0 is for specials.",
    source=BEYOND,
)  # fmt: skip
