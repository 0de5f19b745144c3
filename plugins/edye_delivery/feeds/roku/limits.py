"""The limits of Roku's feeds, which the linter and the writers share."""

from __future__ import annotations

TITLE_MAX_UNITS = 200
SHORT_DESCRIPTION_MAX_UNITS = 200
LONG_DESCRIPTION_MAX_UNITS = 500
"""Texts are counted in UTF-16 units, as Roku counts them."""
ITEM_ID_MAX_CHARS = 50
TAG_MAX_CHARS = 20
PLAYLIST_NAME_MAX_CHARS = 20
FIRST_YEAR = 1900
PLAYABLE_MIN_S = 60
SHORTFORM_MAX_S = 900
SHORT_FORM_VIDEO_MAX_S = 1200
"""Short videos of the Direct Publisher feed may be longer than those of the Search feed."""
BITRATE_MAX_KBPS = 100_000
EPOCH_FROM_MS = 315_532_800_000
"""1980-01-01: an earlier moment in milliseconds is probably one in seconds."""
IMAGE_LARGEST_PX = (1920, 1080)
THUMBNAIL_LEAST_PX = (800, 450)
