"""Foreign pictures are opened in one place: bounds, formats and what is told of them hold everywhere."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "plugins" / "edye_delivery"


def opening(path: Path) -> list[str]:
    """The calls of `open` on Pillow's module, by whatever name the file imports it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "PIL"
        for alias in node.names
        if alias.name == "Image"
    }
    return [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "open"
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in names
    ]


def test_pictures_are_opened_in_one_place():
    found = [place for path in sorted(PACKAGE.rglob("*.py")) for place in opening(path)]
    assert [place.partition(":")[0] for place in found] == ["catalog/picture_file.py"]
