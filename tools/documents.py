"""The generated documents: `python -m tools.documents` writes them; with --check it names the outdated ones."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from edye_delivery.annex.load import load_annexes
from edye_delivery.errors import AnnexInvalid
from tools import annex_schema, exposure_rules, feed_rules, kibana_dashboard, partners_document, qc_rules, sync_rules

PROJECT = Path(__file__).parents[1]
ANNEXES = PROJECT / "include" / "annexes"
COMMAND = "python -m tools.documents"
FOREIGN = ("AIRFLOW", "EDYE_ANNEXES_FOLDER")


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes every document. With --check writes nothing, and returns 1 if one is out of date."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 where a document is out of date")
    only_check = parser.parse_args(arguments).check
    try:
        load_annexes(ANNEXES)
    except AnnexInvalid as error:
        raise SystemExit(f"no document was made:\n{error}") from error
    with tempfile.TemporaryDirectory(prefix="edye-documents-") as home:
        _set_environment(Path(home))
        texts = {name: make() for name, make in DOCUMENTS.items()}
    found = outdated_documents(texts, PROJECT)
    for name in found:
        if only_check:
            print(f"{name} is out of date: run {COMMAND} and commit the result", file=sys.stderr)
        else:
            (PROJECT / name).parent.mkdir(parents=True, exist_ok=True)
            (PROJECT / name).write_text(texts[name], encoding="utf-8")
            print(f"{name} written")
    return 1 if only_check and found else 0


def outdated_documents(made: Mapping[str, str], folder: Path) -> list[str]:
    """Names of the documents whose file in the folder is missing or different."""
    kept = {name: folder / name for name in made}
    return [name for name, file in kept.items() if not file.is_file() or file.read_text("utf-8") != made[name]]


def _set_environment(home: Path) -> None:
    """Makes Airflow use this project only; call it before airflow is imported."""
    for name in [name for name in os.environ if name.startswith(FOREIGN)]:
        del os.environ[name]
    os.environ |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__UNIT_TEST_MODE": "True",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    }


def _dags() -> str:
    from tools import dags_document  # imports airflow, which reads the environment at once

    return dags_document.document(PROJECT / "dags", COMMAND)


def _runbook() -> str:
    """The runbook as the desk shows it; an installed package has no docs."""
    text = (PROJECT / "docs" / "runbook.md").read_text(encoding="utf-8")
    return f"Generated from docs/runbook.md by `{COMMAND}`; do not edit.\n\n{text}"


DOCUMENTS: dict[str, Callable[[], str]] = {
    "docs/DAGS.md": _dags,
    "docs/EXPO_RULES.md": lambda: exposure_rules.document(COMMAND),
    "docs/FEED_RULES.md": lambda: feed_rules.document(COMMAND),
    "docs/PARTNERS.md": lambda: partners_document.document(ANNEXES, COMMAND),
    "docs/QC_RULES.md": lambda: qc_rules.document(COMMAND),
    "docs/SYNC_RULES.md": lambda: sync_rules.document(COMMAND),
    "include/elastic/dashboard.ndjson": lambda: kibana_dashboard.document(COMMAND),
    "include/runbook.txt": _runbook,
    "include/schemas/annex.schema.json": lambda: annex_schema.document(COMMAND),
}


if __name__ == "__main__":
    sys.exit(main())
