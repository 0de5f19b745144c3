"""What README and docs name is there: links, paths, commands, connections, params, words, questions to the ledger."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from sqlalchemy import text as sql_text

from edye_delivery.annex.pools import MEDIA_POOL
from edye_delivery.catalog.request import KNOWN_KEYS
from edye_delivery.catalog.vocabulary import Cause, Change, DeliveryState, Owner
from edye_delivery.ledger.database import open_engine
from edye_delivery.version import VERSION
from sandbox import ftp_faults
from sandbox.faults import KEYS_OF_KIND, SELECTORS, parse_faults

PROJECT = Path(__file__).parents[2]
PACKAGE = PROJECT / "plugins" / "edye_delivery"
DOCS = PROJECT / "docs"
LINKING = sorted([*PROJECT.glob("*.md"), *DOCS.rglob("*.md")])
DOCUMENTS = [path for path in LINKING if path.parent != DOCS / "spec"]
RUNBOOK, GLOSSARY, DAGS, OPERATE, CONNECT = (
    (DOCS / name).read_text(encoding="utf-8")
    for name in ("runbook.md", "GLOSSARY.md", "DAGS.md", "guides/operate.md", "guides/connect-real-systems.md")
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
MADE_BY_RUNS = ("build/",)
SETTINGS = yaml.safe_load((PROJECT / "airflow_settings.yaml").read_text(encoding="utf-8"))["airflow"]


def label(path: Path) -> str:
    return str(path.relative_to(PROJECT))


def prose(text: str) -> str:
    """The text without code blocks."""
    return FENCE.sub("", text)


def code_of(text: str) -> str:
    """All code of a text: blocks and spans."""
    return "\n".join([*(block for _, block in FENCE.findall(text)), *SPAN.findall(prose(text))])


def anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower()).replace(" ", "-") for heading in headings}


def named_paths(text: str) -> Iterator[str]:
    """Code spans that begin with a folder of project or package or end with a slash, and bare names of files."""
    folders = {path.name for root in (PROJECT, PACKAGE) for path in root.iterdir() if path.is_dir()}
    for span in SPAN.findall(prose(text)):
        if re.fullmatch(r"[\w<>*./-]+", span) and "/" in span and (span.split("/")[0] in folders or span.endswith("/")):
            yield span
        elif re.fullmatch(r"[\w-]+\.(md|py|yaml|toml|lock)", span):
            yield f"**/{span}"


@pytest.mark.parametrize("path", LINKING, ids=label)
def test_every_relative_link_leads_to_a_file_and_a_heading_that_exist(path):
    for target in LINK.findall(prose(path.read_text(encoding="utf-8"))):
        if target.startswith(("http://", "https://")):
            continue
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        assert file.exists(), f"{label(path)} links to {target}"
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), f"{label(path)} links to {target}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=label)
def test_every_path_that_a_document_names_exists(path):
    for name in named_paths(path.read_text(encoding="utf-8")):
        if name.startswith(MADE_BY_RUNS):
            continue
        pattern = re.sub(r"<\w+>", "*", name).rstrip("/")
        skipped = (".venv", "build")
        found = (file for root in (PROJECT, PACKAGE) for file in root.glob(pattern))
        assert any(file.relative_to(PROJECT).parts[0] not in skipped for file in found), f"{label(path)} names {name}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=label)
def test_every_make_target_and_module_that_a_document_names_exists(path):
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    code = code_of(path.read_text(encoding="utf-8"))
    assert set(re.findall(r"(?:^|\s)make ([a-z-]+)", code)) <= targets
    for module in re.findall(r"python -m ([\w.]+)", code):
        places = [folder / module.replace(".", "/") for folder in (PROJECT, PROJECT / "plugins")]
        assert any(place.with_suffix(".py").is_file() or (place / "__main__.py").is_file() for place in places), (
            f"{label(path)} names {module}"
        )


def test_every_target_of_the_makefile_has_its_line_of_help():
    makefile = (PROJECT / "Makefile").read_text(encoding="utf-8")
    phony = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert phony is not None
    assert set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE)) == set(phony[1].split())


@pytest.mark.parametrize("conn_id", [entry["conn_id"] for entry in SETTINGS["connections"]])
def test_the_guide_to_real_systems_names_every_connection(conn_id):
    assert f"`{conn_id}`" in CONNECT


def test_the_guide_to_real_systems_names_every_pool_and_the_guide_to_runs_every_param():
    assert SETTINGS["pools"] == []
    assert all(f"`{name}`" in CONNECT for name in (MEDIA_POOL, "uploads__<partner>"))
    assert all(f"`{name}`" in OPERATE for name in KNOWN_KEYS)


def test_the_readme_is_read_in_one_go():
    assert len((PROJECT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_the_glossary_has_every_state_cause_change_and_owner():
    rows = re.findall(r"^\| ([\w ]+) \|", GLOSSARY, re.MULTILINE)
    assert {*DeliveryState, *Cause, *Change} <= set(rows)
    assert all(f"| {owner} |" in GLOSSARY for owner in Owner)
    assert len(rows) - rows.count("word") - rows.count("state") - rows.count("cause") <= 60


def test_the_runbook_has_a_section_for_every_task_and_every_cause():
    tasks = {
        name.split(".")[-1]
        for name in re.findall(r"^\| `([a-z_.]+)` \| .* \| (?:run|batch|feed) \|", DAGS, re.MULTILINE)
    }
    assert len(tasks) >= 10
    sections = set(re.findall(r"^### (\w+)$", RUNBOOK, re.MULTILINE))
    assert sections == tasks | set(Cause)


def test_the_runbook_lists_every_fault_of_the_sandbox_with_its_keys():
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", RUNBOOK, re.MULTILINE)
    assert {kind: frozenset(SPAN.findall(keys)) for kind, keys in rows} == KEYS_OF_KIND
    assert set(SELECTORS) <= {"kind", *SPAN.findall(RUNBOOK)}


def test_the_runbook_lists_every_fault_of_the_ftp_server_with_its_keys_and_every_operation():
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \| ([^|]+) \|$", RUNBOOK, re.MULTILINE)
    assert {kind: frozenset(SPAN.findall(keys)) for kind, keys in rows} == ftp_faults.KEYS_OF_KIND
    assert set(SPAN.findall(RUNBOOK)) >= ftp_faults.OPERATIONS


def test_the_faults_of_the_runbook_are_ones_that_the_sandbox_takes():
    bodies = [body for body in re.findall(r"-d '([^']+)'", RUNBOOK) if "service" in body]
    assert bodies
    assert all(parse_faults(json.loads(body)) for body in bodies)


@pytest.mark.parametrize("question", [block for language, block in FENCE.findall(RUNBOOK) if language == "sql"])
def test_the_ledger_answers_every_question_of_the_runbook(question, tmp_path):
    with open_engine(f"sqlite:///{tmp_path}/ledger.sqlite").connect() as connection:
        assert connection.execute(sql_text(question)).all() in ([], [(0,)])


@pytest.mark.parametrize("number", range(1, len(list((PROJECT / "docs" / "adr").glob("*.md"))) + 1))
def test_a_decision_has_its_number_context_options_choice_and_what_would_change_it(number):
    (path,) = (PROJECT / "docs" / "adr").glob(f"{number:04}-*.md")
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {number:04} ")
    headings = ["Context", "Options", "Choice", "What would change our mind"]
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == headings


def test_the_changelog_begins_with_what_is_not_released_yet_and_then_has_the_programs_version():
    changelog = (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", changelog, re.MULTILINE)[:2] == ["UNRELEASED", VERSION]


def test_every_test_that_the_page_of_public_reports_names_exists():
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (PROJECT / "docs/public-reports.md").read_text("utf-8"))
    assert len(named) > 20
    for file, name in named:
        assert (PROJECT / file).is_file(), file
        assert not name or f"def {name}(" in (PROJECT / file).read_text("utf-8"), f"{file}::{name}"
