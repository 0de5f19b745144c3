"""The generated documents say what code and annexes say, and nothing of an annex is left out of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from edye_delivery.annex.load import load_annexes
from edye_delivery.annex.model import Annex
from edye_delivery.reports.markdown import table
from edye_delivery.reports.partner import sections
from tools import annex_schema, documents, partners_document

PROJECT = Path(__file__).parents[2]
ANNEXES = PROJECT / "include" / "annexes"
SCHEMA = json.loads(annex_schema.document("a command"))


def annex_as_json(path: Path) -> dict:
    return json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str))


def test_every_document_is_the_one_that_the_project_makes_whatever_the_environment_says(tmp_path):
    command = [sys.executable, "-m", "tools.documents", "--check"]
    environment = {
        "PATH": "",
        "PYTHONPATH": f"{PROJECT}:{PROJECT / 'plugins'}",
        "EDYE_ANNEXES_FOLDER": str(tmp_path),
        "AIRFLOW__CORE__DAGS_FOLDER": str(tmp_path),
    }
    answer = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=120)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_a_bad_annex_ends_the_making_of_documents_with_its_defects_and_no_traceback(tmp_path, monkeypatch):
    text = (ANNEXES / "roku_premium_subs_mx.yaml").read_text(encoding="utf-8")
    (tmp_path / "roku_premium_subs_mx.yaml").write_text(text.replace("batch_size:", "batchsize:"), encoding="utf-8")
    monkeypatch.setattr(documents, "ANNEXES", tmp_path)
    with pytest.raises(SystemExit) as ended:
        documents.main(["--check"])
    assert str(ended.value).splitlines() == [
        "no document was made:",
        "roku_premium_subs_mx.yaml: batchsize: there is no such key; batch_size was probably meant",
    ]


def test_a_document_that_is_missing_or_different_is_named_and_no_other(tmp_path):
    (tmp_path / "same.md").write_text("a\n")
    (tmp_path / "other.md").write_text("b\n")
    made = {"same.md": "a\n", "other.md": "a\n", "docs/missing.md": "a\n"}
    assert documents.outdated_documents(made, tmp_path) == ["other.md", "docs/missing.md"]


@pytest.mark.parametrize("name", sorted(documents.DOCUMENTS))
def test_a_generated_document_says_so_and_names_its_command(name):
    head = (PROJECT / name).read_text(encoding="utf-8")[:300]
    assert "Generated from" in head
    assert "python -m tools." in head


def test_every_key_of_an_annex_says_what_it_means():
    sections = {"Annex": SCHEMA, **SCHEMA["$defs"]}
    keys = {
        f"{name}.{key}": told
        for name, section in sections.items()
        for key, told in section.get("properties", {}).items()
    }
    assert len(keys) > 200
    assert [key for key, told in keys.items() if not told.get("description", "").strip()] == []


@pytest.mark.parametrize("path", sorted(ANNEXES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_schema_takes_every_annex_and_refuses_it_with_an_unknown_key(path):
    content = annex_as_json(path)
    jsonschema.validate(content, SCHEMA)
    with pytest.raises(jsonschema.ValidationError, match="batchsize"):
        jsonschema.validate(content | {"batchsize": 5}, SCHEMA)


def test_every_setting_of_an_annex_is_in_the_partners_document(monkeypatch):
    spoken = {field for _, fields, _ in sections.SECTIONS for field in fields}
    assert spoken <= Annex.model_fields.keys()
    text = partners_document.document(ANNEXES, "a command")
    assert "Other settings" not in text
    monkeypatch.setattr(sections, "SECTIONS", sections.SECTIONS[1:])
    without = partners_document.document(ANNEXES, "a command")
    for annex in load_annexes(ANNEXES).values():
        assert f"| `client_id` | `{annex.client_id}` |" in without
        assert f"| `batch_size` | `{annex.batch_size}` |" in without


@pytest.mark.parametrize("annex", load_annexes(ANNEXES).values(), ids=lambda annex: annex.partner)
def test_the_partners_document_names_every_channel_of_a_partner_with_its_dag(annex):
    text = partners_document.document(ANNEXES, "a command")
    (row,) = [line for line in text.splitlines() if line.startswith(f"| [{annex.partner}](")]
    for verb, channel in (("deliver", "api"), ("deliver", "ftp"), ("publish", "pull")):
        assert (f"`{verb}_{channel}__{annex.partner}`" in row) is (getattr(annex, channel) is not None)
        assert (channel.upper() in row.split(" | ")[2]) is (getattr(annex, channel) is not None)


def test_a_cell_cannot_break_out_of_its_table():
    assert table(("a",), [("one | two\nthree",)]) == ["| a |", "|---|", "| one \\| two three |"]
