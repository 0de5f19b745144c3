"""What another transaction costs one of the ledger's: a repeat, in one place; and a plan that is one statement."""

from __future__ import annotations

import ast
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.vocabulary import Channel, DeliveryState
from edye_delivery.ledger import transactions
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.transactions import repeat_transaction, repeating
from tests.builders import a_movie, the_annex
from tests.history import actions
from tests.unit.ledger.conftest import Clock
from tests.unit.ledger.test_ledger import PARTNER, PLAN, delivery_of, plan_delivery

PLANS = [plan_of(the_annex(), a_movie(title_id=f"EDYE_MOV_{number:06}")) for number in range(60)]


class Refused(Exception):
    """What a driver raises."""

    def __init__(self, pgcode: str = "", sqlite_errorname: str = "") -> None:
        self.pgcode, self.sqlite_errorname = pgcode, sqlite_errorname
        super().__init__(pgcode or sqlite_errorname)


def failing(error: Exception, times: int):
    calls = []

    def transaction():
        calls.append(1)
        if len(calls) <= times:
            raise DBAPIError("UPDATE", {}, error)
        return "written"

    return transaction, calls


@pytest.mark.parametrize(
    "error",
    [
        Refused("40001"),
        Refused("40P01"),
        Refused("55P03"),
        Refused(sqlite_errorname="SQLITE_BUSY"),
        Refused(sqlite_errorname="SQLITE_BUSY_SNAPSHOT"),
        Refused(sqlite_errorname="SQLITE_LOCKED"),
    ],
    ids=str,
)
def test_a_transaction_that_lost_against_another_is_repeated_after_growing_pauses(error):
    pauses = []
    transaction, calls = failing(error, times=3)
    assert repeat_transaction(transaction, pauses.append, lambda: 1.0) == "written"
    assert len(calls) == 4
    assert pauses == [0.04, 0.08, 0.16]


def test_a_transaction_that_always_loses_is_given_up():
    pauses = []
    transaction, calls = failing(Refused("40P01"), times=100)
    with pytest.raises(DBAPIError):
        repeat_transaction(transaction, pauses.append, lambda: 1.0)
    assert len(calls) == transactions.ATTEMPTS == len(pauses) + 1
    assert max(pauses) == transactions.BACKOFF_CAP_S


@pytest.mark.parametrize("error", [Refused("23505"), Refused(sqlite_errorname="SQLITE_FULL"), Refused()], ids=str)
def test_what_would_fail_again_is_not_repeated(error):
    transaction, calls = failing(error, times=1)
    with pytest.raises(DBAPIError):
        repeat_transaction(transaction, [].append, lambda: 1.0)
    assert len(calls) == 1


def test_an_error_of_ours_is_not_repeated():
    calls = []

    @repeating
    def refuse(number):
        calls.append(number)
        raise ValueError(number)

    with pytest.raises(ValueError, match="7"):
        refuse(7)
    assert calls == [7]


WRITERS = ("alerts", "circuit_breaker", "ledger", "publications", "trail", "withdrawals")


def begun_in(tree: ast.AST) -> list[ast.FunctionDef]:
    """Functions that begin a transaction: themselves, or by a context manager of the same file that begins one."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    managers = {node.name for node in functions if enters(node, {"begin"}) and is_context_manager(node)}
    return [node for node in functions if enters(node, {"begin", *managers}) and not is_context_manager(node)]


def enters(function: ast.FunctionDef, names: set[str]) -> bool:
    return any(isinstance(part, ast.Attribute) and part.attr in names for part in own_nodes(function))


def is_context_manager(function: ast.FunctionDef) -> bool:
    return "contextmanager" in [ast.unparse(decorator) for decorator in function.decorator_list]


def own_nodes(function: ast.FunctionDef):
    for with_ in ast.walk(function):
        if isinstance(with_, ast.With):
            yield from (node for item in with_.items for node in ast.walk(item.context_expr))


def test_every_writer_of_the_ledger_is_repeated():
    folder = Path(transactions.__file__).parent
    found = {
        path.stem: begun_in(ast.parse(path.read_text(encoding="utf-8")))
        for path in folder.glob("*.py")
        if path.stem not in ("migrate", "schema", "upgrade", "database")  # they make the tables, under a lock of theirs
    }
    assert {name for name, functions in found.items() if functions} >= set(WRITERS)
    bare = [
        f"{name}.{function.name}"
        for name, functions in found.items()
        for function in functions
        if "repeating" not in [ast.unparse(decorator) for decorator in function.decorator_list]
    ]
    assert bare == []


def test_a_locked_sqlite_is_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr("edye_delivery.ledger.database.BUSY_TIMEOUT_S", 0)
    engine = open_engine(f"sqlite:///{tmp_path}/ledger.sqlite")
    ledger = Ledger(engine, Clock())
    locker = sqlite3.connect(f"{tmp_path}/ledger.sqlite", isolation_level=None, check_same_thread=False)
    locker.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError, match="locked"), engine.begin() as connection:
        connection.execute(text("SELECT 1"))
    release = threading.Timer(0.2, lambda: locker.execute("ROLLBACK"))
    release.start()
    plan_delivery(ledger)
    release.join()
    assert delivery_of(ledger).state is DeliveryState.PLANNED


def test_two_runs_that_plan_the_same_titles_in_opposite_order_do_not_stop_each_other(ledger_url):
    failures = []
    begin = threading.Barrier(4, timeout=60)

    def plan_often(number):
        ledger = Ledger(open_engine(ledger_url), Clock())
        begin.wait()
        for _ in range(5):
            try:
                ledger.plan(PARTNER, f"run-{number}", PLANS if number % 2 else PLANS[::-1])
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=plan_often, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger = Ledger(open_engine(ledger_url), Clock())
    assert failures == []
    assert len(ledger.deliveries(plan.delivery_key for plan in PLANS)) == len(PLANS)
    done = actions(ledger, PARTNER, PLANS[0].external_id)
    assert done.count("plan again") == 19 - (done.count("plan") - 1)
    assert len(done) == 20


def test_a_batch_is_planned_by_as_many_statements_as_one_title(ledger_url):
    engine = open_engine(ledger_url)
    ledger, statements = Ledger(engine, Clock()), []
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2].split()[0]))
    ledger.plan(PARTNER, "run-1", PLANS[:1])
    of_one = list(statements)
    statements.clear()
    ledger.plan(PARTNER, "run-1", PLANS[1:])
    assert statements == of_one
    statements.clear()
    ledger.plan(PARTNER, "run-2", PLANS)
    assert "UPDATE" not in statements
    assert actions(ledger, PARTNER, PLANS[7].external_id) == ["plan", "plan again"]


def test_a_plan_of_thousands_is_within_what_a_statement_may_carry(ledger):
    many = [PLAN.model_copy(update={"delivery_key": f"{number:064}"}) for number in range(1_200)]
    ledger.plan(PARTNER, "run-1", many)
    assert len(ledger.deliveries(plan.delivery_key for plan in many)) == 1_200


def test_nothing_is_planned_for_an_empty_batch(ledger):
    ledger.plan(PARTNER, "run-1", [], Channel.FTP)
    assert ledger.deliveries([PLAN.delivery_key]) == {}


def test_a_transaction_that_breaks_a_rule_of_the_tables_says_so_at_once(ledger):
    nameless = PLAN.model_copy(update={"file_name": None})
    with pytest.raises(IntegrityError):
        ledger.plan(PARTNER, "run-1", [nameless])
