"""Loading the plugins executes nothing of our package by a bare name, and leaves the standard library alone."""

import json
import subprocess
import sys

from tests.builders import PROJECT

PROBE = """
import json, os, sys
sys.path.insert(0, os.environ["PROJECT"])
from tests.airflow_home import prepare
prepare()
import types
before = types.__file__
from airflow import plugins_manager
loaded, errors = plugins_manager._get_plugins()
stems = {path[:-3] for _, _, files in os.walk(os.path.join(os.environ["PROJECT"], "plugins", "edye_delivery"))
         for path in files if path.endswith(".py") and path != "__init__.py"}
import edye_delivery.triggers.ingest
ours = os.path.join("plugins", "edye_delivery")
strangers = sorted(name for name in stems if ours in (getattr(sys.modules.get(name), "__file__", None) or ""))
print(json.dumps({"errors": errors, "strangers": strangers, "types": sys.modules["types"].__file__ == before,
                  "plugins": sorted(plugin.name for plugin in loaded if plugin.name.startswith("edye"))}))
"""


def test_plugins_load_without_touching_other_modules():
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        env={"PROJECT": str(PROJECT), "PATH": "/usr/bin:/bin", "HOME": "/tmp", "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    told = json.loads(done.stdout.strip().splitlines()[-1])
    assert told == {"errors": {}, "strangers": [], "types": True, "plugins": ["edye_delivery"]}
