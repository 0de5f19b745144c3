"""The steps are plain Python: no import of theirs loads Airflow."""

from __future__ import annotations

import subprocess
import sys

IMPORT_ALL = """
import importlib, pkgutil, sys
import edye_delivery.pipeline as pipeline
names = [module.name for module in pkgutil.walk_packages(pipeline.__path__, pipeline.__name__ + ".")]
for name in names:
    importlib.import_module(name)
print(len(names), sorted({name.partition(".")[0] for name in sys.modules} & {"airflow", "airflow_shared"}))
"""


def test_no_module_of_the_pipeline_loads_airflow():
    path = [part for part in sys.path if part]
    run = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {path!r}\n{IMPORT_ALL}"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    count, _, loaded = run.stdout.strip().partition(" ")
    assert int(count) > 20
    assert loaded == "[]"
