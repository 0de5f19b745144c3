"""The sources of the rules on Roku's feeds: pages, schemas and our decisions, as the rules name them."""

from __future__ import annotations

SEARCH_PAGE = "roku-search-feed.md"
SEARCH_SCHEMA = "roku-search-feed.schema.json"
DIRECT_PAGE = "roku-direct-publisher-feed.md"
VOD_PAGE = "roku-vod-delivery.md, The Search feed since the seed text"
LIVE_SECTION = f"{SEARCH_PAGE}, Live feed specification"
PAGINATION_SECTION = f"{SEARCH_PAGE}, Pagination"
IMAGE_SECTION = f"{SEARCH_PAGE}, Image"
THUMBNAIL_SECTION = f"{DIRECT_PAGE}, thumbnail"
BEYOND = "decisions.md, what the linter knows beyond the schema"
TRAPS = "decisions.md, The schema's own traps"
PRACTICE = "decisions.md, Known of Roku's own checks, in practice"
LOST = "decisions.md, Direct Publisher feed: the lost lists"
OURS = "our own limit: what --check-urls checks"
