"""docs/helm: the values for Kubernetes say the same as include/engine.env, the queues and the Dockerfile."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import airflow
import pytest
import yaml

from edye_delivery.dag_support.queues import QUEUES
from tools.local import engine_settings

PROJECT = Path(__file__).parents[2]
FILES = ("celery-keda.yaml", "kubernetes.yaml")


def values_of(name: str) -> dict[str, Any]:
    return yaml.safe_load((PROJECT / "docs" / "helm" / name).read_text(encoding="utf-8"))


CELERY = values_of("celery-keda.yaml")


def test_the_engines_settings_are_those_of_every_other_way_to_run():
    expected: dict[str, dict[str, str]] = {}
    for name, value in engine_settings().items():
        _, section, key = name.lower().split("__")
        expected.setdefault(section, {})[key] = value
    found = {
        section: {key: str(value) for key, value in CELERY["config"][section].items() if key in keys}
        for section, keys in expected.items()
    }
    assert found == expected


def test_every_queue_has_workers_whose_scaling_counts_with_their_concurrency():
    sets = {one["queue"]: one for one in CELERY["workers"]["celery"]["sets"]}
    assert set(sets) == set(QUEUES)
    for queue, one in sets.items():
        command = re.fullmatch(r"exec airflow celery worker --queues (\S+) --concurrency (\d+)", one["args"][-1])
        assert command is not None
        assert command[1] == queue
        assert f"::decimal / {command[2]})" in one["keda"]["query"]
        assert f"queue = '{queue}'" in one["keda"]["query"]


def test_media_workers_have_as_many_slots_as_the_pool():
    media = next(one for one in CELERY["workers"]["celery"]["sets"] if one["queue"] == "media")
    concurrency = int(media["args"][-1].rpartition(" ")[2])
    pool = next(one["value"] for one in CELERY["env"] if one["name"] == "EDYE_MEDIA_SLOTS")
    assert concurrency * media["keda"]["maxReplicaCount"] == int(pool)


def test_version_and_folders_are_those_of_the_image():
    dockerfile = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
    assert CELERY["airflowVersion"] == airflow.__version__
    assert f"AIRFLOW_HOME={CELERY['airflowHome']}" in dockerfile
    for key in ("dags_folder", "plugins_folder"):
        assert f"AIRFLOW__CORE__{key.upper()}={CELERY['config']['core'][key]}" in dockerfile


@pytest.mark.parametrize("name", FILES)
def test_no_value_is_a_secret_and_the_file_says_that_it_was_not_run(name):
    text = (PROJECT / "docs" / "helm" / name).read_text(encoding="utf-8")
    assert "NOT RUN" in text
    assert not re.search(r"(?im)^[^#]*(password|token|secret_key)\s*:", text)
