"""Whether the fields of a record have the types that the record says: a step of another project may have given
`headline=None`, and the step that then fails is one of newsarchive's own.

>>> from newsarchive.items import Article
>>> misfit(Article("https://a.example/", headline=None))
'headline is NoneType, not str'
>>> misfit(Article("https://a.example/", authors=("Ann Lee",)))
'authors[0] is str, not Author'
"""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from newsarchive.items import Block


@cache
def _types(cls: type) -> dict[str, tuple[tuple[type, ...], tuple[type, ...]]]:
    """Field → the classes of its value, and those of the values in it where it is a tuple."""
    hints = get_type_hints(cls)
    return {field.name: (_classes(hints[field.name]), _inner(hints[field.name])) for field in fields(cls)}


def _classes(hint: Any) -> tuple[type, ...]:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return tuple(cls for one in get_args(hint) for cls in _classes(one))
    if origin is Literal:
        return tuple({type(value) for value in get_args(hint)})
    found = origin or hint
    if found is float:
        return (int, float)
    # A protocol cannot be asked.
    return (found if isinstance(found, type) and not getattr(found, "_is_protocol", False) else object,)


def _inner(hint: Any) -> tuple[type, ...]:
    inner = get_args(hint)
    return _classes(inner[0]) if get_origin(hint) is tuple and inner[1:] == (...,) else ()


def misfit(record: Any) -> str:
    """The first field whose value has another type than its record says, as "headline is NoneType, not str"; "" where
    all have theirs. A time must have its zone. The records in a tuple are asked too."""
    return _misfit(record, "")


def _misfit(record: Any, before: str) -> str:
    cls: type = type(record)
    for name, (classes, inner) in _types(cls).items():
        value = getattr(record, name)
        if problem := _problem(value, classes):
            return f"{before}{name} {problem}"
        for number, one in enumerate(value if inner else ()):
            if problem := _problem(one, inner):
                return f"{before}{name}[{number}] {problem}"
            if type(one) is Block and (problem := _misfit(one, f"{before}{name}[{number}].")):
                return problem
    return ""


def _problem(value: Any, classes: tuple[type, ...]) -> str:
    if not isinstance(value, classes):
        wanted = " or ".join("None" if cls is type(None) else cls.__name__ for cls in classes)
        return f"is {type(value).__name__}, not {wanted}"
    return "has no time zone" if isinstance(value, datetime) and value.tzinfo is None else ""
