"""FEED0xx: what the Search feed's schema asks for."""

from __future__ import annotations

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.rules.feed_rule import error

SCHEMA = "roku-search-feed.schema.json"
TRAPS = "decisions.md, The schema's own traps"

WRONG_TYPE = error(
    "FEED001", "wrong-type", owner=Owner.DEVOPS,
    what="A value has another JSON type than the schema asks for.",
    why="Roku's parser drops the part, and the title with it where the part is required.",
    fix="Write the type that the message names; numbers without quotes, lists as lists even with one entry.",
    source=SCHEMA,
)  # fmt: skip
ASSET_TYPE_UNKNOWN = error(
    "FEED002", "asset-type-unknown",
    what="An asset's type is none of the list.",
    why="The type decides how the app opens the title; Roku refuses an asset without a known one.",
    fix="Use movie, tvspecial, series, season, episode, shortform or externalIdOnly, spelled like this.",
    source=f"{SCHEMA}, asset_type; decisions.md, two profiles",
)  # fmt: skip
ID_MISSING = error(
    "FEED003", "id-missing", owner=Owner.DEVOPS,
    what="An asset other than a season has no id.",
    why="Without an id Roku cannot recognise the title on the next download.",
    fix="Give it the immutable id that it had in every earlier feed.",
    source=f"{SCHEMA}, assets",
)  # fmt: skip
TITLES_MISSING = error(
    "FEED004", "titles-missing",
    what="An asset has no titles.",
    why="The title is what Roku Search matches; an asset without one is refused.",
    fix="Add titles with a value for at least one language.",
    source=f"{SCHEMA}, assets; roku-search-feed.md, Asset",
)  # fmt: skip
TYPE_MISSING = error(
    "FEED005", "type-missing", owner=Owner.DEVOPS,
    what="An asset has no type.",
    why="Every other rule depends on it; Roku refuses the asset.",
    fix="Add the type.",
    source=f"{SCHEMA}, assets",
)  # fmt: skip
SEASON_INFO_MISSING = error(
    "FEED006", "season-info-missing", owner=Owner.DEVOPS,
    what="A season lacks seasonInfo, or its seriesId or seasonNumber.",
    why="Roku cannot attach the season to its series.",
    fix="Add seasonInfo with seriesId and seasonNumber.",
    source=f"{SCHEMA}, seasonInfo; roku-search-feed.md, SeasonInfo",
)  # fmt: skip
EPISODE_INFO_MISSING = error(
    "FEED007", "episode-info-missing", owner=Owner.DEVOPS,
    what="An episode lacks episodeInfo, or its seriesId or episodeNumber.",
    why="Roku cannot attach the episode to its series.",
    fix="Add episodeInfo with seriesId and episodeNumber.",
    source=f"{SCHEMA}, episodeInfo; roku-search-feed.md, EpisodeInfo",
)  # fmt: skip
EXTERNAL_ID_SOURCE_MISSING = error(
    "FEED008", "external-id-source-missing", owner=Owner.DEVOPS,
    what="An externalIdOnly asset does not say whose id it has.",
    why="The id alone means nothing; Roku cannot look the title up.",
    fix="Add externalIdSource, for Gracenote tms.",
    source=f"{SCHEMA}, assets",
)  # fmt: skip
EXTERNAL_SOURCE_UNKNOWN = error(
    "FEED009", "external-source-unknown", owner=Owner.DEVOPS,
    what="The source of an external id is none of the list.",
    why="Roku drops the external id.",
    fix="Use tms, ref, gsd, partner_title_id, partner_asset_id or gracenote_station_id, in lower case.",
    source=f"{SCHEMA}, external_id_source_type",
)  # fmt: skip
EXTERNAL_ID_INCOMPLETE = error(
    "FEED010", "external-id-incomplete",
    what="An entry of externalIds lacks its id or its source.",
    why="Roku drops the external id.",
    fix="Add both, or take the entry out.",
    source=f"{SCHEMA}, external_id",
)  # fmt: skip
LANGUAGE_UNKNOWN = error(
    "FEED011", "language-unknown",
    what="A language is none of the list.",
    why="Roku drops the text or picture, and the title where none is left.",
    fix="Use a lowercase code of the schema's list, such as es or es-mx.",
    source=f"{SCHEMA}, language_type",
)  # fmt: skip
COUNTRY_UNKNOWN = error(
    "FEED012", "country-unknown",
    what="A country is none in which Roku Search is supported.",
    why="Roku drops the country; the schema itself looks only at the first default country.",
    fix="Use lowercase ISO 3166-1 alpha-2 codes of the schema's list, such as mx.",
    source=f"{SCHEMA}, country_type; {TRAPS}",
)  # fmt: skip
GENRE_UNKNOWN = error(
    "FEED013", "genre-unknown",
    what="A genre is none of Roku's list.",
    why="Roku refuses values outside its list.",
    fix="Map the catalogue's genre to one of the list in the annex (kids, for example, is children).",
    source=f"{SCHEMA}, genre_type; decisions.md, Ratings and genres",
)  # fmt: skip
RATING_SOURCE_MISSING = error(
    "FEED014", "rating-source-missing",
    what="A rating does not say which authority gave it.",
    why="The same value means different ages with different authorities.",
    fix="Add source; a validator of the schema blames the Australian list of values here.",
    source=f"{SCHEMA}, advisory_rating; {TRAPS}",
)  # fmt: skip
RATING_SOURCE_UNKNOWN = error(
    "FEED015", "rating-source-unknown",
    what="A rating's authority is none of the list.",
    why="Roku drops the rating.",
    fix="Use ACB, BBFC, CLASSIND, CHVRS, CPR, FSF, FSK, MPAA, RTC or USA_PR.",
    source=f"{SCHEMA}, advisory_ratings_source_type",
)  # fmt: skip
RATING_VALUE_MISSING = error(
    "FEED016", "rating-value-missing",
    what="A rating has no value.",
    why="Roku drops the rating.",
    fix="Add the value that the authority gave.",
    source=f"{SCHEMA}, advisory_rating",
)  # fmt: skip
RATING_VALUE_UNKNOWN = error(
    "FEED017", "rating-value-unknown",
    what="A rating's value is none of its authority's list.",
    why="Roku drops the rating, and kids' content needs one.",
    fix="Use the authority's own values, such as TV-Y7 of USA_PR; map the catalogue's in the annex.",
    source=f"{SCHEMA}, *_values",
)  # fmt: skip
RATING_DESCRIPTOR_UNKNOWN = error(
    "FEED018", "rating-descriptor-unknown",
    what="A rating's descriptor is none of its authority's list.",
    why="Roku drops the descriptor.",
    fix="Use the schema's spelling: the prose capitalises what the schema writes in lower case.",
    source=f"{SCHEMA}, *_descriptors; {TRAPS}",
)  # fmt: skip
TEXT_VALUE_MISSING = error(
    "FEED019", "text-value-missing",
    what="A title or description has no value.",
    why="Roku drops the text, and the title where none is left.",
    fix="Add the value, or take the entry out.",
    source=f"{SCHEMA}, title, short_description, long_description",
)  # fmt: skip
TEXT_TOO_LONG = error(
    "FEED020", "text-too-long",
    what="A title or short description has more than 200 characters, a long description more than 500.",
    why="The schema refuses it. Roku counts UTF-16 units: an emoji is two of them.",
    fix="Shorten it, at a word's end.",
    source=f"{SCHEMA}, maxLength; decisions.md, Known of Roku's own checks",
)  # fmt: skip
IMAGE_INCOMPLETE = error(
    "FEED021", "image-incomplete", owner=Owner.DESIGN,
    what="An image lacks its type or its url.",
    why="Roku drops the image.",
    fix="Add both, or take the entry out.",
    source=f"{SCHEMA}, image",
)  # fmt: skip
IMAGE_TYPE_UNKNOWN = error(
    "FEED022", "image-type-unknown", owner=Owner.DESIGN,
    what="An image's type is none of the list.",
    why="Roku drops the image.",
    fix="Use main for the poster with the title's lettering, background for the textless picture.",
    source=f"{SCHEMA}, image_type",
)  # fmt: skip
URL_NOT_HTTP = error(
    "FEED023", "url-not-http", owner=Owner.DEVOPS,
    what="A URL does not begin with http:// or https://. On the last page nextPageUrl is absent, not empty.",
    why="Roku cannot fetch it.",
    fix="Write the whole URL, or leave nextPageUrl out of the last page.",
    source=f"{SCHEMA}, url, nextPageUrl; decisions.md, Search feed: what we write",
)  # fmt: skip
RELEASE_DATE_MALFORMED = error(
    "FEED024", "release-date-malformed",
    what="releaseDate is no day of the calendar in the form YYYY-MM-DD.",
    why="Roku drops the date, and the title where there is no releaseYear. 2022-13-45 passes the schema.",
    fix="Write the day as 2022-11-11, without time and without a line break.",
    source=f"{SCHEMA}, releaseDate; decisions.md, real calendar dates",
)  # fmt: skip
CONTENT_SHAPE = error(
    "FEED025", "content-shape", owner=Owner.DEVOPS,
    what="content has neither media nor playOptions, or both.",
    why="The schema allows exactly one of them; Roku refuses the asset.",
    fix="Use playOptions; media is for content that The Roku Channel hosts.",
    source=f"{SCHEMA}, content",
)  # fmt: skip
LICENSE_MISSING = error(
    "FEED026", "license-missing", owner=Owner.DEVOPS,
    what="A play option has no license.",
    why="Roku removes the play option. A validator of the schema blames a missing price here.",
    fix="Add free, subscription, rental or purchase.",
    source=f"{SCHEMA}, play_option; {TRAPS}",
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip
LICENSE_UNKNOWN = error(
    "FEED027", "license-unknown", owner=Owner.DEVOPS,
    what="A play option's license is none of the list.",
    why="Roku removes the play option.",
    fix="Use free, subscription, rental or purchase, in lower case.",
    source=f"{SCHEMA}, license_type",
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip
QUALITY_MISSING = error(
    "FEED028", "quality-missing", owner=Owner.DEVOPS,
    what="A play option has no quality.",
    why="Roku removes the play option.",
    fix="Add sd, hd, hd+, fhd or uhd, by the picture's width.",
    source=f"{SCHEMA}, play_option",
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip
QUALITY_UNKNOWN = error(
    "FEED029", "quality-unknown", owner=Owner.DEVOPS,
    what="A quality is none of the list.",
    why="Roku removes the play option.",
    fix="Use sd, hd, hd+, fhd or uhd; the published schema knows lower case only.",
    source=f"{SCHEMA}, video_quality_type",
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip
PLAY_ID_MISSING = error(
    "FEED030", "play-id-missing", owner=Owner.DEVOPS,
    what="A play option has no playId, or an empty one.",
    why="The playId is the deep link into the app; without it nothing can be played.",
    fix="Add the immutable id under which the app plays the title.",
    source=f"{SCHEMA}, play_option",
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip
PRICE_MISSING = error(
    "FEED031", "price-missing",
    what="A play option for rental or purchase has no price.",
    why="Roku removes the play option.",
    fix="Add the price as a decimal number above 0, or another license.",
    source=f"{SCHEMA}, play_option",
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip
PRICE_NOT_ALLOWED = error(
    "FEED032", "price-not-allowed",
    what="A play option that is free or by subscription has a price.",
    why="The schema refuses it.",
    fix="Take the price out, or make the license rental or purchase.",
    source=f"{SCHEMA}, play_option",
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip
AUDIO_FORMAT_UNKNOWN = error(
    "FEED033", "audio-format-unknown", owner=Owner.DEVOPS,
    what="An audio format is none of the list.",
    why="Roku drops the format.",
    fix="Use mono, stereo, dolby digital, dolby atmos or dolby digital plus.",
    source=f"{SCHEMA}, audio_format_type",
)  # fmt: skip
MEDIA_INCOMPLETE = error(
    "FEED034", "media-incomplete", owner=Owner.DEVOPS,
    what="content.media, or one of its videos, captions, trickPlayFiles, cue points or audio tracks, lacks a key.",
    why="Roku drops the part, and the title without its videos.",
    fix="Add the key that the message names.",
    source=f"{SCHEMA}, media",
)  # fmt: skip
MEDIA_VALUE_UNKNOWN = error(
    "FEED035", "media-value-unknown", owner=Owner.DEVOPS,
    what="A value in content.media is none of its list.",
    why="Roku drops the part.",
    fix="Use one of the values that the message names.",
    source=f"{SCHEMA}, media",
)  # fmt: skip
MEDIA_LISTS_SWAPPED = error(
    "FEED036", "media-lists-swapped", owner=Owner.DEVOPS,
    what="A media video has its quality and videoType where they belong, which the published schema refuses.",
    why="The schema's two references point at each other's lists: it asks for quality mp4 and videoType hd.",
    fix="Use playOptions, or lint with the profile roku, which takes the natural shape.",
    source=TRAPS,
)  # fmt: skip
VERSION_MISSING = error(
    "FEED037", "version-missing", owner=Owner.DEVOPS,
    what="The page has no version.",
    why="Roku refuses the page.",
    fix='Add "version": "1".',
    source=f"{SCHEMA}, required",
)  # fmt: skip
ASSETS_MISSING = error(
    "FEED038", "assets-missing", owner=Owner.DEVOPS,
    what="The page has no assets.",
    why="Roku refuses the page.",
    fix="Add the list of assets.",
    source=f"{SCHEMA}, required",
)  # fmt: skip
DUPLICATE_KEY = error(
    "FEED039", "duplicate-key", owner=Owner.DEVOPS,
    what="An object has the same key twice.",
    why="Which of the two values counts differs from parser to parser.",
    fix="Write the key once.",
    source="RFC 8259, section 4",
)  # fmt: skip
