"""What the check of a batch knows of JW Player: read from the artifact store, and said where it is nothing."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from edye_delivery.catalog.jw_check import MEDIA_STATES_NAME
from edye_delivery.catalog.jw_states import NO_STATES, BadMedia, MediaState, MediaStates
from edye_delivery.hooks.artifacts import ArtifactHook
from edye_delivery.steps.base import media_states

NOW = datetime(2026, 3, 10, 6, tzinfo=UTC)
GONE = BadMedia(state=MediaState.GONE)


@pytest.fixture
def store(tmp_path, monkeypatch):
    connection = {"conn_type": "fs", "extra": {"path": str(tmp_path)}}
    monkeypatch.setenv("AIRFLOW_CONN_ARTIFACT_STORE", json.dumps(connection))
    return ArtifactHook().get_conn()


def leave(store, swept_at):
    states = MediaStates(swept_at=swept_at, media_read=2, bad={"bAd00001": GONE})
    store.put(MEDIA_STATES_NAME, states.model_dump_json().encode())


def test_a_sweep_of_last_night_says_which_media_are_bad(store, caplog):
    leave(store, NOW - timedelta(hours=8))

    states = media_states(store, NOW)

    assert (states.bad_media("bAd00001"), states.bad_media("gOoD0002")) == (GONE, None)
    assert not caplog.records


def test_without_any_sweep_nothing_is_known_and_the_log_says_so_quietly(store, caplog):
    with caplog.at_level(logging.INFO):
        states = media_states(store, NOW)

    assert states == NO_STATES
    assert [record.levelname for record in caplog.records] == ["INFO"]


def test_a_sweep_of_three_days_ago_is_not_used_and_the_log_warns_of_it(store, caplog):
    leave(store, NOW - timedelta(days=3))

    states = media_states(store, NOW)

    assert states.bad_media("bAd00001") is None
    assert "more than 2 days ago" in caplog.text
    assert [record.levelname for record in caplog.records] == ["WARNING"]
