"""An Airflow for tests: a home of its own, an empty metadata database, no examples; set before Airflow is imported."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def prepare() -> Path:
    """Sets the environment, once a process; the home that Airflow then uses."""
    if "EDYE_TEST_AIRFLOW_HOME" not in os.environ or "airflow" not in sys.modules:
        home = Path(tempfile.mkdtemp(prefix="edye-airflow-"))
        atexit.register(shutil.rmtree, home, ignore_errors=True)
        for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
            del os.environ[name]
        os.environ |= {
            "EDYE_TEST_AIRFLOW_HOME": str(home),
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__UNIT_TEST_MODE": "True",
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
            "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        }
    return Path(os.environ["EDYE_TEST_AIRFLOW_HOME"])
