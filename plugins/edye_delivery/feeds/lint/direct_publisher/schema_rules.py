"""FEED3xx, first part: what our schema of the Direct Publisher feed asks for."""

from __future__ import annotations

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.rules.feed_rule import error

PAGE = "roku-direct-publisher-feed.md"
LOST = "decisions.md, Direct Publisher feed: the lost lists"

ROOT_INCOMPLETE = error(
    "FEED301", "direct-root-incomplete", owner=Owner.DEVOPS,
    what="The root lacks providerName, lastUpdated or language.",
    why="All three are required; Roku refuses the feed.",
    fix="Add the key that the message names.",
    source=f"{PAGE}, Root",
)  # fmt: skip
CONTENT_LISTS_MISSING = error(
    "FEED302", "content-lists-missing", owner=Owner.DEVOPS,
    what="The root has none of movies, series, shortFormVideos, tvSpecials, liveFeeds.",
    why="At least one of these content types is required; Roku refuses the feed.",
    fix="Add the list.",
    source=f"{PAGE}, Root",
)  # fmt: skip
DIRECT_ID_MISSING = error(
    "FEED303", "direct-id-missing", owner=Owner.DEVOPS,
    what="A movie, series, episode, short-form video, TV special or live feed has no id.",
    why="Without an id Roku cannot recognise it on the next download.",
    fix="Give it the immutable id that it had in every earlier feed.",
    source=f"{PAGE}, Movie, Series, Episode, ShortFormVideo, TV Special",
)  # fmt: skip
DIRECT_TITLE_MISSING = error(
    "FEED304", "direct-title-missing",
    what="A movie, series, episode, short-form video, TV special or live feed has no title.",
    why="The title is what Roku Search matches; an item without one is refused.",
    fix="Add the title in plain text, without year or version.",
    source=f"{PAGE}, Movie, Series, Episode, ShortFormVideo, TV Special",
)  # fmt: skip
DIRECT_CONTENT_MISSING = error(
    "FEED305", "direct-content-missing", owner=Owner.DEVOPS,
    what="A movie, episode, short-form video, TV special or live feed has no content.",
    why="There is nothing to play.",
    fix="Add content with dateAdded, videos and duration.",
    source=f"{PAGE}, Movie, Episode, ShortFormVideo, TV Special",
)  # fmt: skip
DIRECT_GENRES_MISSING = error(
    "FEED306", "direct-genres-missing",
    what="A movie, series or TV special has no genre.",
    why="At least one is required; Roku refuses the item.",
    fix="Add a genre of the page's list; map the catalogue's in the annex.",
    source=f"{PAGE}, Movie, Series, TV Special",
)  # fmt: skip
THUMBNAIL_MISSING = error(
    "FEED307", "thumbnail-missing", owner=Owner.DESIGN,
    what="A movie, series, episode, short-form video, TV special or live feed has no thumbnail.",
    why="It is the picture in the channel and in search results; Roku refuses the item.",
    fix="Add the URL of a 16:9 picture of at least 800x450.",
    source=f"{PAGE}, Movie, Series, Episode, ShortFormVideo, TV Special",
)  # fmt: skip
DIRECT_RELEASE_MISSING = error(
    "FEED308", "direct-release-date-missing",
    what="A movie, series, episode, short-form video or TV special has no releaseDate.",
    why="It sorts and groups items; required for short-form videos too since 2016-08-11.",
    fix="Add the day of the first release.",
    source=f"{PAGE}, Movie, Series, Episode, ShortFormVideo, TV Special; {LOST}",
)  # fmt: skip
DIRECT_DESCRIPTION_MISSING = error(
    "FEED309", "direct-short-description-missing",
    what="A movie, series, episode, short-form video, TV special or live feed has no shortDescription.",
    why="It is required; Roku refuses the item.",
    fix="Add a description of at most 200 characters.",
    source=f"{PAGE}, Movie, Series, Episode, ShortFormVideo, TV Special",
)  # fmt: skip
EPISODE_NUMBER_MISSING = error(
    "FEED310", "direct-episode-number-missing",
    what="An episode has no episodeNumber.",
    why="Roku cannot place the episode.",
    fix="Add the number of the episode within its season or series.",
    source=f"{PAGE}, Episode",
)  # fmt: skip
SERIES_SHAPE = error(
    "FEED311", "series-shape", owner=Owner.DEVOPS,
    what="A series has neither seasons nor episodes, both, or none in its list.",
    why="It must have either; without an episode there is nothing to play.",
    fix="Use seasons where episodes are grouped by seasons, else episodes.",
    source=f"{PAGE}, Series",
)  # fmt: skip
SEASON_INCOMPLETE = error(
    "FEED312", "direct-season-incomplete", owner=Owner.DEVOPS,
    what="A season lacks its seasonNumber, or has no episode.",
    why="Both are required; Roku drops the season.",
    fix="Add what the message names, or take the season out.",
    source=f"{PAGE}, Season",
)  # fmt: skip
CONTENT_INCOMPLETE = error(
    "FEED313", "direct-content-incomplete",
    what="content lacks dateAdded or duration.",
    why="dateAdded makes the category Recently Added, duration is the runtime; Roku refuses the item.",
    fix="Add the key that the message names.",
    source=f"{PAGE}, Content",
)  # fmt: skip
VIDEOS_MISSING = error(
    "FEED314", "videos-missing", owner=Owner.DEVOPS,
    what="content has no video; that of a live feed neither a video nor a schedule.",
    why="There is nothing to play.",
    fix="Add at least one video with url, quality and videoType.",
    source=f"{PAGE}, Content",
)  # fmt: skip
VIDEO_INCOMPLETE = error(
    "FEED315", "video-incomplete", owner=Owner.DEVOPS,
    what="A video lacks its url, quality or videoType.",
    why="Roku drops the video, and the item with the last one.",
    fix="Add the key that the message names.",
    source=f"{PAGE}, Video",
)  # fmt: skip
CAPTION_INCOMPLETE = error(
    "FEED316", "caption-incomplete", owner=Owner.DEVOPS,
    what="A caption file lacks its url, language or captionType.",
    why="Roku drops the captions. The keys are case sensitive: the page's own example has Language.",
    fix="Add the key that the message names.",
    source=f"{PAGE}, Caption File",
)  # fmt: skip
TRICK_PLAY_INCOMPLETE = error(
    "FEED317", "trick-play-incomplete", owner=Owner.DEVOPS,
    what="A trickplay file lacks its url or quality.",
    why="Roku drops the file.",
    fix="Add the key that the message names.",
    source=f"{PAGE}, Trickplay File",
)  # fmt: skip
DIRECT_EXTERNAL_ID_INCOMPLETE = error(
    "FEED318", "direct-external-id-incomplete",
    what="An external id lacks its id or idType.",
    why="Roku drops the external id.",
    fix="Add both, or take the entry out.",
    source=f"{PAGE}, External ID",
)  # fmt: skip
RATING_INCOMPLETE = error(
    "FEED319", "direct-rating-incomplete",
    what="A rating lacks rating or ratingSource.",
    why="Roku drops the rating.",
    fix="Add both, or take the rating out.",
    source=f"{PAGE}, Rating",
)  # fmt: skip
DIRECT_CREDIT_INCOMPLETE = error(
    "FEED320", "direct-credit-incomplete",
    what="A credit lacks its name, role or birthDate.",
    why="All three are required; Roku drops the credit.",
    fix="Add the key that the message names, or take the entry out.",
    source=f"{PAGE}, Credit",
)  # fmt: skip
CATEGORY_INCOMPLETE = error(
    "FEED321", "category-incomplete",
    what="A category lacks its name or order.",
    why="Roku cannot show the row.",
    fix="Add the key that the message names.",
    source=f"{PAGE}, Category",
)  # fmt: skip
CATEGORY_SHAPE = error(
    "FEED322", "category-shape",
    what="A category has neither playlistName nor query, or both.",
    why="It must have either; Roku cannot fill the row.",
    fix="Use playlistName for a fixed order, query for tags.",
    source=f"{PAGE}, Category",
)  # fmt: skip
PLAYLIST_INCOMPLETE = error(
    "FEED323", "playlist-incomplete",
    what="A playlist lacks its name, or names no item.",
    why="Roku drops the playlist.",
    fix="Add what the message names, or take the playlist out.",
    source=f"{PAGE}, Playlist",
)  # fmt: skip
DIRECT_GENRE_UNKNOWN = error(
    "FEED324", "direct-genre-unknown",
    what="A genre is none of the page's list.",
    why="Roku refuses values outside its list.",
    fix="Map the catalogue's genre to one of the list in the annex (kids, for example, is children).",
    source=f"{PAGE}, Genres; decisions.md, Ratings and genres",
)  # fmt: skip
RATING_UNKNOWN = error(
    "FEED325", "direct-rating-unknown",
    what="A parental rating is none of the page's list.",
    why="Roku drops the rating.",
    fix="Use a value of the list; map the catalogue's in the annex.",
    source=f"{PAGE}, Parental Ratings; decisions.md, Ratings and genres",
)  # fmt: skip
RATING_HYPHENATED = error(
    "FEED326", "rating-hyphenated",
    what="A parental rating is spelled as the Search feed spells it, with a hyphen.",
    why="This feed's list has no hyphens; Roku drops the rating.",
    fix="Write it without the hyphen: here TV-Y7 is TVY7.",
    source=f"{PAGE}, Parental Ratings; {LOST}",
)  # fmt: skip
DIRECT_RATING_SOURCE_UNKNOWN = error(
    "FEED327", "direct-rating-source-unknown",
    what="A ratingSource is none of the list.",
    why="Roku drops the rating.",
    fix="Use BBFC, CHVRS, CPR, MPAA, UK_CP or USA_PR.",
    source=f"{PAGE}, Rating Sources",
)  # fmt: skip
VIDEO_QUALITY_UNKNOWN = error(
    "FEED328", "video-quality-unknown", owner=Owner.DEVOPS,
    what="A video's quality is none of the list.",
    why="Roku drops the video, and the item with the last one.",
    fix="Use HD for 720p, FHD for 1080p, UHD for 4K, in upper case.",
    source=f"{PAGE}, Video; {LOST}",
)  # fmt: skip
VIDEO_TYPE_UNKNOWN = error(
    "FEED329", "video-type-unknown", owner=Owner.DEVOPS,
    what="A videoType is none of the list.",
    why="Roku drops the video, and the item with the last one.",
    fix="Use HLS, SMOOTH, DASH, MP4, MOV or M4V, in upper case.",
    source=f"{PAGE}, Video; {LOST}",
)  # fmt: skip
CAPTION_TYPE_UNKNOWN = error(
    "FEED330", "caption-type-unknown", owner=Owner.DEVOPS,
    what="A captionType is none of the list.",
    why="Roku drops the captions.",
    fix="Use CLOSED_CAPTION or SUBTITLE.",
    source=f"{PAGE}, Caption File; {LOST}",
)  # fmt: skip
TRICK_PLAY_QUALITY_UNKNOWN = error(
    "FEED331", "trick-play-quality-unknown", owner=Owner.DEVOPS,
    what="A trickplay file's quality is none of the list.",
    why="Roku drops the file; UHD was removed on 2016-08-18.",
    fix="Use HD or FHD.",
    source=f"{PAGE}, Trickplay File, change log; {LOST}",
)  # fmt: skip
ID_TYPE_UNKNOWN = error(
    "FEED332", "id-type-unknown",
    what="An external id's idType is none of the list.",
    why="Roku drops the external id.",
    fix="Use TMS, ROVI, IMDB or EIDR.",
    source=f"{PAGE}, External ID; {LOST}",
)  # fmt: skip
ROLE_UNKNOWN = error(
    "FEED333", "direct-role-unknown",
    what="A credit's role is none of the list.",
    why="Roku drops the credit.",
    fix="Use actor, anchor, host, narrator, voice, director, producer or screenwriter; map roles in the annex.",
    source=f"{PAGE}, Credit; {LOST}",
)  # fmt: skip
ORDER_UNKNOWN = error(
    "FEED334", "order-unknown",
    what="A category's order is none of the list.",
    why="Roku cannot sort the row.",
    fix="Use manual, most_recent, chronological or most_popular.",
    source=f"{PAGE}, Category; {LOST}",
)  # fmt: skip
