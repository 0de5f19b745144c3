"""A task process: one start of one task instance, with the real operator, as Airflow's task runner would run it."""

from __future__ import annotations

import copy
import os
import sys
import traceback
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from airflow.sdk.bases.operator import ExecutorSafeguard
from airflow.sdk.exceptions import AirflowSkipException, DownstreamTasksSkipped, TaskDeferred

from tools.chaos import files, inflict
from tools.chaos.graph import Graph, Instance
from tools.chaos.places import Round, Run


def work(place: Round, graph: Graph, run: Run, instance: Instance, row: dict[str, Any]) -> None:
    """Works in a process of its own; its last act is to write the result. Somebody else's start is left alone."""
    if not files.claim(run.claim(instance.name, row["start"]), files.this_process()):
        return
    with inflict.trouble(place, instance.task_id, run.asleep(instance.name, row["start"])):
        result = _result(graph, run, instance, row)
    files.write(run.result(instance.name, row["start"]), result)


def _result(graph: Graph, run: Run, instance: Instance, row: dict[str, Any]) -> dict[str, Any]:
    operator: Any = copy.copy(graph.dag.task_dict[instance.task_id])
    context = _context(graph, run, instance, row["tries"])
    try:
        for name, value in graph.arguments(instance, _Returned(run)).items():
            setattr(operator, name, value)
        returned = _executed(operator, row, context)
        files.write(run.xcom(instance.name), returned)
    except TaskDeferred as deferred:
        path, arguments = deferred.trigger.serialize()
        resume = {"method": deferred.method_name, "kwargs": deferred.kwargs or {}}
        files.write(run.trigger(instance.name, row["start"]), {"path": path, "arguments": arguments})
        return {"state": "deferred", "resume": resume}
    except DownstreamTasksSkipped:  # the tasks are started all the same, and find nothing to do
        return {"state": "success"}
    except AirflowSkipException:
        return {"state": "skipped"}
    except Exception as error:
        print(f"{instance.name}, try {row['tries']}: {type(error).__name__}", file=sys.stderr)
        traceback.print_exc()
        return {"state": "failed", "may_retry": _may_retry(operator, error, row, context), "error": repr(error)[:2000]}
    return {"state": "success"}


def _executed(operator: Any, row: dict[str, Any], context: dict[str, Any]) -> Any:
    if row.get("resume"):
        if "failed" in row["event"]:
            return operator.resume_execution("__fail__", {"error": row["event"]["failed"]}, context)
        kwargs = {**row["resume"]["kwargs"], **row["event"]}
        return operator.resume_execution(row["resume"]["method"], kwargs, context)
    sentinel = {f"{type(operator).__name__}__sentinel": ExecutorSafeguard.sentinel_value}
    return operator.execute(context, **sentinel)


def _may_retry(operator: Any, error: Exception, row: dict[str, Any], context: dict[str, Any]) -> bool:
    """What the task's own retry policy says of the error."""
    decision = operator.retry_policy.evaluate(error, row["tries"], operator.retries, context)
    return bool(decision.action.value != "fail")


def _context(graph: Graph, run: Run, instance: Instance, try_number: int) -> dict[str, Any]:
    request = run.asked
    asked_at = datetime.fromisoformat(request["asked_at"])
    dag_run = SimpleNamespace(
        run_id=request["run_id"],
        conf=request["conf"],
        data_interval_start=None,
        data_interval_end=None,
        run_after=asked_at,
        start_date=asked_at,
    )
    ti = SimpleNamespace(
        try_number=try_number,
        map_index=instance.map_index,
        xcom_push=lambda key, value: files.write(run.xcom(instance.name), value),
    )
    return {"dag_run": dag_run, "ti": ti, "params": {**graph.dag.params.dump(), **request["conf"]}}


class _Returned(dict[str, Any]):
    """The XComs of a run, read when they are asked for."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self._run = run

    def get(self, name: str, default: Any = None) -> Any:
        return files.read(self._run.xcom(name)) or default


def leave() -> None:
    """Ends a forked process at once, without the exit handlers of its parent."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
