"""The administrator that docker-compose's init makes: in its own process, so that no command line has the password."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from werkzeug.security import check_password_hash

from tests.airflow_home import prepare
from tests.builders import PROJECT

prepare()
pytestmark = pytest.mark.proof
FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"


def make_administrator(folder: Path, password: str = "") -> str:
    """Runs the step; the hash of the administrator's password then."""
    from airflow.providers.fab.auth_manager.models import User
    from airflow.utils.session import create_session

    variables = os.environ | {
        "PYTHONPATH": str(PROJECT),
        "AIRFLOW__CORE__AUTH_MANAGER": FAB,
        "ADMIN_USER": "ana",
        "ADMIN_PASSWORD": password,
    }
    command = [sys.executable, "-m", "tools.compose", "administrator", str(folder)]
    answer = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=240)
    assert answer.returncode == 0, answer.stderr[-3000:]
    with create_session() as session:
        (user,) = session.query(User).filter(User.username == "ana")
        assert [role.name for role in user.roles] == ["Admin"]
        return str(user.password)


def test_the_administrator_has_the_generated_password_until_another_is_asked_for(tmp_path: Path) -> None:
    from airflow.utils.db import initdb

    initdb()
    (tmp_path / "admin_password").write_text("generated-one", encoding="ascii")
    first = make_administrator(tmp_path)
    assert check_password_hash(first, "generated-one")
    assert make_administrator(tmp_path) == first
    assert check_password_hash(make_administrator(tmp_path, 'a "new" one'), 'a "new" one')
