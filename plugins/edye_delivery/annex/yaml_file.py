"""Reads a YAML file that a person wrote, strictly and within limits; every defect is reported with its line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

FILE_MAX_BYTES = 256_000
DEPTH_MAX = 32
VALUES_MAX = 50_000
SHOWN_MAX_CHARS = 60
NOT_READ = object()
UNREADABLE = (yaml.YAMLError, ValueError, OverflowError, LookupError, AttributeError)
"""What PyYAML raises for scalars such as `!!bool maybe`, `!!int ''` and `!!timestamp foo`."""
MAPPING, SEQUENCE, MERGE = (f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "merge"))


class YamlUnreadable(Exception):
    """The file cannot be read at all; the message says why, and in which line."""


def read_yaml(path: Path) -> tuple[Any, list[str]]:
    """The file's content, and a sentence for every key that is there twice and every value that cannot be read.

    YamlUnreadable where nothing of it can be read: no file, too large, not UTF-8, empty, no YAML, nested too deeply, or
    with aliases that make a small file a huge one.
    """
    text = _text_of(path)
    try:
        _refuse_deep_nesting(text)
        loader = yaml.CSafeLoader(text)  # a ninth of the time of SafeLoader, and every task parses the annexes
        root = loader.get_single_node()
    except yaml.YAMLError as error:
        raise YamlUnreadable(_syntax_sentence(error)) from error
    if root is None:
        raise YamlUnreadable("is empty")
    reading = _Reading(loader)
    content = reading.value_of(root)
    if content is NOT_READ:
        raise YamlUnreadable(reading.defects[0])
    return content, reading.defects


def _text_of(path: Path) -> str:
    if not path.is_file():
        raise YamlUnreadable("is no file")
    try:
        with path.open("rb") as file:
            content = file.read(FILE_MAX_BYTES + 1)
    except OSError as error:
        raise YamlUnreadable(f"cannot be opened: {error.strerror}") from error
    if len(content) > FILE_MAX_BYTES:
        raise YamlUnreadable(f"is larger than {FILE_MAX_BYTES:,} bytes, so it is no annex")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise YamlUnreadable(f"line {line}: byte 0x{byte:02x} is not UTF-8; save the file as UTF-8") from error


def _refuse_deep_nesting(text: str) -> None:
    """Reads the file as a stream of events, because libyaml's composer recurses in C and crashes on deep nesting."""
    depth = 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_MAX:
            raise YamlUnreadable(f"line {_line(event)}: is nested more than {DEPTH_MAX} levels deep")


class _Reading:
    """Reads the values of a file's nodes; an alias is its node once more, and counts each time."""

    def __init__(self, loader: yaml.CSafeLoader) -> None:
        self.defects: list[str] = []
        self._loader, self._count = loader, 0

    def value_of(self, node: yaml.Node, depth: int = 0) -> Any:
        self._count += 1
        if self._count > VALUES_MAX or depth > DEPTH_MAX:
            raise YamlUnreadable(
                f"line {_line(node)}: has more than {VALUES_MAX:,} values or {DEPTH_MAX} levels, aliases written out"
            )
        if isinstance(node, yaml.MappingNode) and node.tag == MAPPING:
            return self._section_of(node, depth)
        if isinstance(node, yaml.SequenceNode) and node.tag == SEQUENCE:
            return [self.value_of(one, depth + 1) for one in node.value]
        if isinstance(node, yaml.ScalarNode):
            try:
                value = self._loader.construct_object(node)
            except UNREADABLE:
                return self._not_read(node, f"{_clip(node)} cannot be read; put quotes around it if it is text")
            if not isinstance(value, list | dict | set):  # such as of `!!seq text`
                return value
        return self._not_read(node, f"{node.tag!r:.60} is a type that an annex does not have")

    def _section_of(self, node: yaml.MappingNode, depth: int) -> dict[Any, Any]:
        own: dict[Any, Any] = {}
        merged: dict[Any, Any] = {}
        lines: dict[Any, int] = {}
        for key_node, value_node in node.value:
            if key_node.tag == MERGE:
                merged = self._merge(value_node, depth) | merged
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                self._not_read(key_node, "a key has to be a word, not a list or a section")
                continue
            key, value = self.value_of(key_node, depth), self.value_of(value_node, depth + 1)
            if key in lines:
                self._not_read(key_node, f"the key {_clip(key_node)} is already in line {lines[key]}; keep one")
            elif key is not NOT_READ:
                lines[key] = _line(key_node)
                own |= {} if value is NOT_READ else {key: value}
        return merged | own

    def _merge(self, node: yaml.Node, depth: int) -> dict[Any, Any]:
        """The keys that `<<` adds; where several sections have a key, the first one counts."""
        merged: dict[Any, Any] = {}
        for one in node.value if isinstance(node, yaml.SequenceNode) else [node]:
            section = self.value_of(one, depth + 1)
            if isinstance(section, dict):
                merged = section | merged
            else:
                self._not_read(one, "<< takes only sections")
        return merged

    def _not_read(self, node: yaml.Node, sentence: str) -> Any:
        defect = f"line {_line(node)}: {sentence}"
        if defect not in self.defects:  # a node with aliases is read several times
            self.defects.append(defect)
        return NOT_READ


def _line(marked: Any) -> int:
    return int(marked.start_mark.line) + 1


def _clip(node: yaml.ScalarNode) -> str:
    text: str = node.value
    return repr(text) if len(text) <= SHOWN_MAX_CHARS else f"{text[:SHOWN_MAX_CHARS]!r}..."


def _syntax_sentence(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f"is no YAML: {' '.join(str(error).split())}"
    mark, context = error.problem_mark, f"{error.context}, " if error.context else ""
    return f"line {mark.line + 1}, column {mark.column + 1}: is no YAML: {context}{error.problem}"
