"""A bad annex costs its own DAGs only, and Airflow shows one import error with all that is wrong."""

from __future__ import annotations

import pytest

from edye_delivery.annex.load import FOLDER_VARIABLE
from tests.builders import PROJECT, annex_file

KINDS = ("deliver_api", "deliver_ftp", "redeliver", "withdraw")
GOOD = {f"{kind}__alpha" for kind in KINDS}
BAD = {f"{kind}__beta" for kind in KINDS}
OF_NO_PARTNER = {"ship_ingesta_logs", "ship_api_calls", "check_jw_player"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A good annex and a second one, which tests spoil."""
    annex_file(tmp_path, "alpha")
    annex_file(tmp_path, "beta")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    return tmp_path


def spoil(folder, partner="beta"):
    file = folder / f"{partner}.yaml"
    text = file.read_text(encoding="utf-8").replace("batch_size: 50", "batchsize: 50")
    file.write_text(text.replace("fail_on: any", "fail_on: anny"), encoding="utf-8")


def bag_of():
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(PROJECT / "dags"))


SPOILED = {
    "typo": lambda text: text.replace("batch_size:", "batchsize:"),
    "syntax": lambda text: text + "x: [",
    "schedule": lambda text: text.replace("0 6 * * *", "every day"),
    "never": lambda text: text.replace("0 6 * * *", "0 6 31 2 *"),
    "nested": lambda text: "[" * 200_000,
    "empty": lambda text: "",
    "copy": lambda text: text.replace("client_id: beta", "client_id: alpha"),
}


@pytest.mark.parametrize("change", SPOILED.values(), ids=SPOILED)
def test_the_dags_of_a_bad_annex_alone_are_missing_and_one_import_error_names_it(folder, change):
    file = folder / "beta.yaml"
    before = file.read_text(encoding="utf-8")
    file.write_text(change(before), encoding="utf-8")
    assert file.read_text(encoding="utf-8") != before
    bag = bag_of()
    assert set(bag.dags) == GOOD | OF_NO_PARTNER
    ((place, told),) = bag.import_errors.items()
    assert place.endswith("annex_errors.py")
    assert "beta.yaml: " in told
    assert "alpha.yaml: " not in told


def test_two_bad_annexes_are_one_import_error_that_names_both(folder):
    annex_file(folder, "gamma")
    spoil(folder, "beta")
    spoil(folder, "gamma")
    bag = bag_of()
    assert set(bag.dags) == GOOD | OF_NO_PARTNER
    (told,) = bag.import_errors.values()
    assert "beta.yaml: 2 defects" in told
    assert "gamma.yaml: 2 defects" in told
    assert told.count("batchsize: there is no such key; batch_size was probably meant") == 2
    assert told.count("fail_on: is 'anny'; it is one of any, technical; any was probably meant") == 2


def test_a_folder_that_is_not_there_is_an_import_error_and_not_a_system_without_partners(tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "annexes"))
    bag = bag_of()
    assert set(bag.dags) == OF_NO_PARTNER
    (told,) = bag.import_errors.values()
    assert "the folder of the annexes cannot be read" in told
