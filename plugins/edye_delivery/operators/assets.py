"""Airflow's assets, on which other DAGs may be scheduled: a partner's window is accepted, a feed of it is published.

A task emits them through an alias, so that one that changed nothing, such as in a dry run, emits nothing.
"""

from __future__ import annotations

from typing import Any

from airflow.sdk import Asset, AssetAlias, Context

GROUP = "edye"


def window_alias(partner: str) -> AssetAlias:
    """The outlet of the task that confirms the partner's windows."""
    return AssetAlias(name=_window_name(partner), group=GROUP)


def feeds_alias(partner: str) -> AssetAlias:
    """The outlet of the tasks that publish the partner's feeds."""
    return AssetAlias(name=f"edye://{partner}/feeds", group=GROUP)


def emit_window(context: Context, partner: str, facts: dict[str, Any]) -> None:
    """Emits `edye://PARTNER/window` with these facts: every title of a window is accepted."""
    _emit(context, window_alias(partner), _window_name(partner), facts)


def emit_feed(context: Context, partner: str, feed: str, facts: dict[str, Any]) -> None:
    """Emits `edye://PARTNER/feeds/FEED` with these facts: readers find a new state of the feed."""
    _emit(context, feeds_alias(partner), f"edye://{partner}/feeds/{feed}", facts)


def _emit(context: Context, alias: AssetAlias, name: str, facts: dict[str, Any]) -> None:
    context["outlet_events"][alias].add(Asset(name=name, uri=name, group=GROUP), extra=facts)


def _window_name(partner: str) -> str:
    return f"edye://{partner}/window"
