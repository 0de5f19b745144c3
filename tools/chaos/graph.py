"""The real DAG as a scheduler sees it: which task instances a run has, and what each waits for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from airflow.sdk import DAG

ENDED = frozenset({"success", "failed", "upstream_failed", "skipped"})
NOT_FAILED = frozenset({"success", "skipped"})
NOT_MAPPED = -1


@dataclass(frozen=True, slots=True)
class Instance:
    """One task instance: a task, and its place in the mapped group that it belongs to."""

    task_id: str
    map_index: int = NOT_MAPPED

    @property
    def name(self) -> str:
        """Its name in files."""
        return f"{self.task_id}.{self.map_index}"


class Graph:
    """Tasks, mapped groups and trigger rules of one DAG; `xcoms` gives what a task returned, by instance name."""

    def __init__(self, dag: DAG) -> None:
        self.dag = dag
        self._order = [task.task_id for task in dag.topological_sort()]
        self._groups = {task_id: next(task.iter_mapped_task_groups(), None) for task_id, task in dag.task_dict.items()}

    def instances(self, states: Mapping[str, str], xcoms: Mapping[str, Any]) -> Iterator[Instance]:
        """All task instances that can be named by now, upstream first; a group whose size is unknown has none yet."""
        for task_id in self._order:
            group = self._groups[task_id]
            if group is None:
                yield Instance(task_id)
            elif (size := self._size(group, states, xcoms)) is not None:
                yield from (Instance(task_id, index) for index in range(size))

    def readiness(self, instance: Instance, states: Mapping[str, str], xcoms: Mapping[str, Any]) -> str | None:
        """What the trigger rule says: `run`, `upstream_failed`, or None while upstream tasks have not ended."""
        above: list[str | None] = []
        for task_id in self.dag.task_dict[instance.task_id].upstream_task_ids:
            found = self._above(task_id, instance, states, xcoms)
            if found is None:
                return None
            above += [states.get(one.name) for one in found]
        if any(state not in ENDED for state in above):
            return None
        rule = self.dag.task_dict[instance.task_id].trigger_rule
        good_states = {"all_done": ENDED, "none_failed": NOT_FAILED}.get(rule, frozenset({"success"}))
        good = all(state in good_states for state in above)
        return "run" if good else "upstream_failed"

    def arguments(self, instance: Instance, xcoms: Mapping[str, Any]) -> dict[str, Any]:
        """The template fields of the instance's operator with what upstream tasks returned, None where nothing."""
        operator = self.dag.task_dict[instance.task_id]
        return {name: self._resolved(getattr(operator, name), instance, xcoms) for name in operator.template_fields}

    def _resolved(self, value: Any, instance: Instance, xcoms: Mapping[str, Any]) -> Any:
        kind = type(value).__name__
        if kind == "PlainXComArg":
            source = value.operator.task_id
            index = instance.map_index if self._groups[source] is not None else NOT_MAPPED
            return xcoms.get(Instance(source, index).name)
        if kind == "MappedArgument":
            return self._list(value._input.value[value._key], xcoms)[instance.map_index]
        return value

    def _above(
        self, task_id: str, below: Instance, states: Mapping[str, str], xcoms: Mapping[str, Any]
    ) -> list[Instance] | None:
        """The instances of an upstream task that an instance waits for; None while nobody knows how many."""
        group = self._groups[task_id]
        if group is None:
            return [Instance(task_id)]
        if group is self._groups[below.task_id]:
            return [Instance(task_id, below.map_index)]
        size = self._size(group, states, xcoms)
        return None if size is None else [Instance(task_id, index) for index in range(size)]

    def _size(self, group: Any, states: Mapping[str, str], xcoms: Mapping[str, Any]) -> int | None:
        """How many instances a mapped group has: none where what it maps over was not made; None while unknown."""
        (mapped,) = group._expand_input.value.values()
        if isinstance(mapped, list):
            return len(mapped)
        state = states.get(Instance(mapped.operator.task_id).name)
        if state not in ENDED:
            return None
        return len(self._list(mapped, xcoms)) if state == "success" else 0

    @staticmethod
    def _list(mapped: Any, xcoms: Mapping[str, Any]) -> list[Any]:
        values = mapped if isinstance(mapped, list) else xcoms.get(Instance(mapped.operator.task_id).name)
        return list(values or ())
