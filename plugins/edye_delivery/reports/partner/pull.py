"""A partner in words: what it reads by itself: users, parts of an item, bounds."""

from __future__ import annotations

from collections.abc import Iterator

from edye_delivery.annex.model import Annex
from edye_delivery.reports.markdown import code, codes, table


def pull(annex: Annex) -> Iterator[str]:
    """Users and what they may call; then what they read, how often, and when that counts as degraded."""
    channel = annex.pull
    if channel is None:
        return
    yield from table(
        ("user", "may call"), [(code(name), codes(user.endpoints)) for name, user in channel.users.items()]
    )
    yield ""
    scope, degradation = channel.scope, channel.degradation
    parts = [part for part in ("metadata", "images", "sources") if getattr(scope, part)]
    thumbnails = [f"{shown.name} ({shown.size})" if shown.size else shown.name for shown in channel.thumbnails]
    narrowed = codes((*channel.tags, *channel.geo, *channel.languages))
    rows = [
        ("published (UTC)", code(channel.schedule or "by hand")),
        ("an item has", codes(parts)),
        ("external ids", codes(scope.external_ids)),
        ("it needs", codes(channel.minimum_metadata)),
        ("words for genres", code(channel.genres or "the catalogue's")),
        ("an entry of the feed is named by", code(channel.entry_id)),
        ("custom thumbnails", codes(thumbnails)),
        ("tags, countries, languages", narrowed or "as in the catalogue"),
        ("items of a page", f"{channel.page_size.usual}, at most {channel.page_size.most}"),
        ("calls of a user", f"{channel.rate_limit.calls} in {channel.rate_limit.window_s} s"),
        ("whole readings of a user at once", str(channel.rate_limit.full_syncs_at_once)),
        ("polls every", f"{channel.polling_interval_s:,} s"),
        ("tombstones are kept for", f"{channel.tombstone_days} days"),
        ("generations that are kept", str(channel.keep_generations)),
        ("SLA", f"{channel.sla_percent:g} % of the time"),
        ("degraded: latency", f"95 % of the calls above {degradation.p95_ms:g} ms for {degradation.over_s} s"),
        ("degraded: errors", f"above {degradation.error_rate_percent:g} %, availability below "
         f"{degradation.availability_critical_percent:g} % is critical"),
        ("degraded: silence", f"{degradation.silence_polls} polls without a call"),
        ("degraded: age of the generation", f"above {degradation.generation_age_s:,} s"),
        ("connections", codes((channel.store_conn_id, channel.check.conn_id, channel.thumbnails_conn_id))),
    ]  # fmt: skip
    yield from table(("what", "value"), rows)
