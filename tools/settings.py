"""airflow_settings.yaml for Airflow: as AIRFLOW_CONN_* variables, or loaded into a metadata database with the pools."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from edye_delivery.annex.load import DEFAULT_FOLDER, FOLDER_VARIABLE, read_annexes
from edye_delivery.annex.pools import MEDIA_POOL, upload_slots

PROJECT = Path(__file__).parents[1]
FILE = PROJECT / "airflow_settings.yaml"
FIELDS = {
    "conn_type": "conn_type",
    "conn_host": "host",
    "conn_port": "port",
    "conn_login": "login",
    "conn_password": "password",
    "conn_schema": "schema",
    "conn_extra": "extra",
}
RUN_COMMANDS = """
import json, sys
from airflow.cli.cli_parser import get_parser
for arguments in map(get_parser().parse_args, json.loads(sys.argv[1])):
    arguments.func(arguments)
"""
"""Runs several of Airflow's own commands in one process, for Airflow takes seconds to load."""
MEDIA_SLOTS_VARIABLE = "EDYE_MEDIA_SLOTS"
LOCAL_FILES = {
    "artifact_store": ("extra", "path"),
    "delivery_api_store": ("extra", "path"),
    "ingesta_logs": ("extra", "path"),
    "delivery_ledger": ("host",),
}


def connections(file: Path = FILE) -> dict[str, dict[str, Any]]:
    """Every connection by id, as Airflow's JSON form; paths made absolute, below the project."""
    found: dict[str, dict[str, Any]] = {}
    for entry in _section(file, "connections"):
        connection = {name: entry[key] for key, name in FIELDS.items() if entry.get(key) not in (None, "")}
        _absolute(connection, LOCAL_FILES.get(entry["conn_id"], ()))
        found[entry["conn_id"]] = connection
    return found


def environment(known: Mapping[str, Mapping[str, Any]], surroundings: Mapping[str, str] = os.environ) -> dict[str, str]:
    """AIRFLOW_CONN_<ID> for every connection that the surroundings do not set themselves."""
    names = {conn_id: f"AIRFLOW_CONN_{conn_id.upper()}" for conn_id in known}
    return {name: json.dumps(known[conn_id]) for conn_id, name in names.items() if not surroundings.get(name)}


def load(known: Mapping[str, Mapping[str, Any]], variables: Mapping[str, str], file: Path = FILE) -> None:
    """Writes connections, variables and pools into the metadata database of `variables`' AIRFLOW_HOME."""
    values = {entry["variable_name"]: entry["variable_value"] for entry in _section(file, "variables")}
    contents = {"connections": known, "pools": pools(variables), "variables": values}
    with tempfile.TemporaryDirectory() as folder:  # for this user alone
        commands = []
        for what, content in contents.items():
            if content:
                name = f"{folder}/{what}.json"
                Path(name).write_text(json.dumps(content), encoding="utf-8")
                commands.append([what, "import", name, *(["--overwrite"] if what == "connections" else [])])
        command = [sys.executable, "-c", RUN_COMMANDS, json.dumps(commands)]
        subprocess.run(command, env=dict(variables), check=True, stdout=subprocess.DEVNULL)


def pools(variables: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Every pool by name, in Airflow's JSON form: uploads as the annexes say, and one slot for media work a core.

    EDYE_MEDIA_SLOTS says how many slots there are for media work where other machines do it.
    """
    annexes = read_annexes(Path(variables.get(FOLDER_VARIABLE) or DEFAULT_FOLDER)).annexes.values()
    slots = {name: (count, "Batches sent to the partner at once") for name, count in upload_slots(annexes).items()}
    media = int(variables.get(MEDIA_SLOTS_VARIABLE) or os.cpu_count() or 1)
    slots[MEDIA_POOL] = (media, "Batches checked, encoded or rendered at once, over all partners")
    return {
        name: {"slots": count, "description": text, "include_deferred": False} for name, (count, text) in slots.items()
    }


def _section(file: Path, name: str) -> list[dict[str, Any]]:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return content["airflow"].get(name) or []


def _absolute(connection: dict[str, Any], place: tuple[str, ...]) -> None:
    if not place:
        return
    holder = connection if len(place) == 1 else connection[place[0]]
    holder[place[-1]] = str(PROJECT / holder[place[-1]])


if __name__ == "__main__":
    if sys.argv[1:] != ["load"]:
        raise SystemExit("usage: python -m tools.settings load")
    load(connections(), os.environ)
