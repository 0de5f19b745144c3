"""docs/DAGS.md: every DAG as Airflow parses it, with schedule, params, tasks, pools and retries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG, TriggerRule

from edye_delivery.reports.markdown import code, codes, table
from tools.markdown import first_paragraph

RUNS = {
    TriggerRule.ALL_SUCCESS: "if everything before it succeeded",
    TriggerRule.NONE_FAILED: "if everything before it succeeded or was skipped",
    TriggerRule.ALL_DONE: "when everything before it has ended",
}


def document(dags_folder: Path, command: str) -> str:
    """The whole text; SystemExit names the DAG files that cannot be parsed."""
    bag = DagBag(dag_folder=str(dags_folder))
    if bag.import_errors:
        errors = "\n".join(f"{file}:\n{error}" for file, error in sorted(bag.import_errors.items()))
        raise SystemExit(f"DAG files cannot be parsed:\n{errors}")
    lines = ["# DAGs", "", f"Generated from the DAG files by `{command}`; do not edit."]
    for dag_id in sorted(bag.dags):
        lines += ["", *_section(bag.dags[dag_id])]
    return "\n".join(lines) + "\n"


def _section(dag: DAG) -> Iterator[str]:
    yield from [f"## {dag.dag_id}", "", f"{dag.dag_display_name}. {dag.description or ''}".strip(), ""]
    yield from table(
        ("setting", "value"),
        [
            ("schedule", _schedule(dag)),
            ("earliest interval", f"{dag.start_date:%Y-%m-%d %H:%M} UTC" if dag.start_date else "-"),
            ("missed intervals run later", "yes" if dag.catchup else "no (`catchup` is off)"),
            ("runs at once", str(dag.max_active_runs)),
            ("tags", codes(sorted(str(tag) for tag in dag.tags))),
        ],
    )
    yield from ["", (dag.doc_md or "").strip(), "", "### Params", ""]
    yield from table(("param", "type", "default", "allowed", "what"), [_param(dag, name) for name in dag.params])
    yield from ["", "### Tasks", ""]
    yield from table(
        ("task", "what", "one for each", "runs", "pool", "tries", "time limit"), map(_task, _in_order(dag))
    )
    yield from ["", "### When a task fails", "", *_retries(dag)]


def _schedule(dag: DAG) -> str:
    timetable: Any = dag.timetable
    if not hasattr(timetable, "expression"):
        return "none: by hand only"
    return f"{code(timetable.expression)} {timetable.timezone}, for the interval that has just ended"


def _param(dag: DAG, name: str) -> tuple[str, ...]:
    param = dag.params.get_param(name)
    schema = dict(param.schema)
    types = schema.pop("type", "any")
    title, values = schema.pop("title", name), schema.pop("examples", None)
    words = {"items": "{}"}
    bounds = [words.get(key, f"{key} {{}}").format(_item(value)) for key, value in sorted(schema.items())]
    return (
        code(name),
        types if isinstance(types, str) else " or ".join(sorted(types)),
        _default(param),
        codes(values) if values else ", ".join(bounds) or "-",
        f"{title}. {param.description or ''}".strip(),
    )


def _default(param: Any) -> str:
    if not param.has_value and "null" not in param.schema.get("type", "null"):  # None counts as no value
        return "none: required"
    return code(param.value) if param.value not in (None, [], "") else "empty"


def _item(value: Any) -> str:
    if not isinstance(value, dict):
        return str(value)
    return f"each a {value['type']}"


def _in_order(dag: DAG) -> list[Any]:
    """The tasks in the order in which they run, by name where two may run together."""
    waiting = {task.task_id: set(task.upstream_task_ids) for task in dag.tasks}
    order: list[Any] = []
    while waiting:
        ready = sorted(name for name, before in waiting.items() if not before & waiting.keys())
        order += [dag.get_task(name) for name in ready]
        for name in ready:
            del waiting[name]
    return order


def _task(task: Any) -> tuple[str, ...]:
    limit: timedelta | None = task.execution_timeout
    groups = [group.group_id for group in task.iter_mapped_task_groups()]
    return (
        code(task.task_id),
        first_paragraph(getattr(task, "operator_class", type(task)).__doc__),
        groups[0] if groups else "run",
        RUNS.get(task.trigger_rule, str(task.trigger_rule)),
        code(task.pool),
        str(task.retries + 1),
        f"{limit.total_seconds() / 3600:g} h" if limit else "-",
    )


def _retries(dag: DAG) -> list[str]:
    policies: dict[Any, Any] = {task.retry_policy: task for task in dag.tasks}
    lines: list[str] = []
    for policy, task in policies.items():
        rows = [
            (code(rule.exception), str(rule.action.value), _pause(rule), rule.reason or "") for rule in policy.rules
        ]
        rows.append(("any other", "retry", _seconds(task.retry_delay), "Airflow's default"))
        lines += table(("exception", "then", "after", "because"), rows)
    return lines


def _pause(rule: Any) -> str:
    return _seconds(rule.retry_delay) if rule.retry_delay is not None else "-"


def _seconds(delay: timedelta) -> str:
    return f"{delay.total_seconds():g} s"
