"""The query of a Direct Publisher category: tags joined by operators."""

from __future__ import annotations

OPERATORS = frozenset({"AND", "OR"})


def tags_and_operators(query: str) -> tuple[list[str], set[str]]:
    """The tags of a query in their order, with "" for a missing tag beside an operator, and its operators."""
    tags: list[list[str]] = [[]]
    operators = set()
    for word in query.split():
        if word in OPERATORS:
            operators.add(word)
            tags.append([])
        else:
            tags[-1].append(word)
    return [" ".join(words) for words in tags], operators
