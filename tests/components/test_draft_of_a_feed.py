"""publish_feed takes a draft that the linter has passed, and no other one, whoever starts it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from edye_delivery.catalog.artifact_names import feed_record_name
from edye_delivery.catalog.feed_records import FeedDraft, LintedFeed, RuleCount
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.errors import FeedRefused
from edye_delivery.hooks.artifacts import ArtifactHook
from edye_delivery.pipeline.publish_feed import OUTDATED
from edye_delivery.steps.base import keep
from edye_delivery.steps.feeds import PublishFeed
from tests.builders import the_annex

AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
REQUEST = RunRequest(partner="roku_premium_subs_mx", run_id="run-1", start_at=AT - timedelta(days=1), end_at=AT)
DRAFT = FeedDraft(feed="search", pages=(), kinds={}, notes=(), profile="schema", version=7)
RULE = RuleCount(code="FEED507", name="genre-unknown", severity="error", owner="Design", count=1, examples=("E_1",))


@pytest.fixture
def store(tmp_path, monkeypatch):
    fields = {"conn_type": "fs", "extra": {"path": str(tmp_path)}}
    monkeypatch.setenv("AIRFLOW_CONN_ARTIFACT_STORE", json.dumps(fields))
    return ArtifactHook().get_conn()


def draft_to_publish(store, linted):
    """The draft that publish_feed takes after this result of the linter; None is a draft that was not linted."""
    reference = keep(store, feed_record_name(REQUEST, "search", "draft"), DRAFT)
    if linted is not None:
        keep(store, feed_record_name(REQUEST, "search", "linted"), linted)
    step = PublishFeed(annex=the_annex(), request=REQUEST.model_dump(mode="json"), feed="search", draft=reference)
    return step._linted_draft(REQUEST)


def test_a_draft_that_the_linter_has_passed_is_published(store):
    assert draft_to_publish(store, LintedFeed(errors=0, warnings=1, rules=())) == DRAFT


def test_a_draft_that_was_not_linted_counts_as_outdated(store):
    assert draft_to_publish(store, None).version == OUTDATED


def test_a_draft_with_errors_is_refused_even_where_somebody_starts_publish_feed_alone(store):
    with pytest.raises(FeedRefused, match="FEED507 genre-unknown x1"):
        draft_to_publish(store, LintedFeed(errors=1, warnings=0, rules=(RULE,)))
