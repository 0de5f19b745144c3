"""A YAML file of a person, read strictly and within bounds: every defect with its line, nothing taken for another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

FILE_MAX_BYTES = 256_000
DEPTH_MAX = 32
SHOWN_MAX_CHARS = 60
NOT_READ = object()
MAPPING, SEQUENCE = "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"


class YamlUnread(Exception):
    """The file cannot be read at all; the message says why, and in which line."""


def read_yaml(path: Path) -> tuple[Any, list[str]]:
    """The file's content, and a sentence for every key that stands twice and every value that cannot be read.

    YamlUnread where there is nothing to go by: no file, too large, not UTF-8, empty, no YAML, nested too deeply, or
    with aliases, by which a small file can stand for a huge one.
    """
    text = _text_of(path)
    try:
        _refuse_bombs(text)
        loader = yaml.CSafeLoader(text)  # a ninth of the time of SafeLoader, and every task parses the annexes
        root = loader.get_single_node()
    except yaml.YAMLError as error:
        raise YamlUnread(_syntax_sentence(error)) from error
    if root is None:
        raise YamlUnread("is empty")
    defects: list[str] = []
    content = _value_of(root, loader, defects)
    if content is NOT_READ:
        raise YamlUnread(defects[0])
    return content, defects


def _text_of(path: Path) -> str:
    if not path.is_file():
        raise YamlUnread("is no file")
    try:
        with path.open("rb") as file:
            content = file.read(FILE_MAX_BYTES + 1)
    except OSError as error:
        raise YamlUnread(f"cannot be opened: {error.strerror}") from error
    if len(content) > FILE_MAX_BYTES:
        raise YamlUnread(f"is larger than {FILE_MAX_BYTES:,} bytes, so it is no annex")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = content[error.start]
        raise YamlUnread(f"line {line}: byte 0x{byte:02x} is not UTF-8; save the file as UTF-8") from error


def _refuse_bombs(text: str) -> None:
    """Looks at the file as a stream of events, for libyaml's composer recurses in C and dies of deep nesting."""
    depth = 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise YamlUnread(f"line {_line(event)}: *{event.anchor:.40} is an alias; write out what it stands for")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEPTH_MAX:
            raise YamlUnread(f"line {_line(event)}: is nested more than {DEPTH_MAX} levels deep")


def _value_of(node: yaml.Node, loader: yaml.CSafeLoader, defects: list[str]) -> Any:
    if isinstance(node, yaml.MappingNode) and node.tag == MAPPING:
        return dict(_pairs_of(node, loader, defects))
    if isinstance(node, yaml.SequenceNode) and node.tag == SEQUENCE:
        return [_value_of(one, loader, defects) for one in node.value]
    if isinstance(node, yaml.ScalarNode):
        try:
            return loader.construct_object(node)
        except (yaml.YAMLError, ValueError, OverflowError):
            defects.append(f"line {_line(node)}: {_clipped(node)} cannot be read; put quotes around it if it is text")
            return NOT_READ
    defects.append(f"line {_line(node)}: {node.tag!r:.60} is no kind of value here")
    return NOT_READ


def _pairs_of(node: yaml.MappingNode, loader: yaml.CSafeLoader, defects: list[str]) -> Iterator[tuple[Any, Any]]:
    lines: dict[Any, int] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            defects.append(f"line {_line(key_node)}: a key has to be a word, not a list or a section")
            continue
        key, value = _value_of(key_node, loader, defects), _value_of(value_node, loader, defects)
        if key in lines:
            place = f"line {_line(key_node)}"
            defects.append(f"{place}: the key {_clipped(key_node)} stands in line {lines[key]} already; keep one")
        elif key is not NOT_READ:
            lines[key] = _line(key_node)
            if value is not NOT_READ:
                yield key, value


def _clipped(node: yaml.ScalarNode) -> str:
    text: str = node.value
    return repr(text) if len(text) <= SHOWN_MAX_CHARS else f"{text[:SHOWN_MAX_CHARS]!r}..."


def _line(marked: Any) -> int:
    return int(marked.start_mark.line) + 1


def _syntax_sentence(error: yaml.YAMLError) -> str:
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return f"is no YAML: {' '.join(str(error).split())}"
    mark, context = error.problem_mark, f"{error.context}, " if error.context else ""
    return f"line {mark.line + 1}, column {mark.column + 1}: is no YAML: {context}{error.problem}"
