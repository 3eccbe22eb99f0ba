"""Whether the fields of a record have the types that the record says: a step of another project may have given
`headline=None`, and the step that then fails is one of newsarchive's own.

>>> from newsarchive.items import Article, Author
>>> misfit(Article("https://a.example/", headline=None), Article)
'headline is NoneType, not str'
>>> misfit(Article("https://a.example/", authors=("Ann Lee",)), Article)
'authors[0] is str, not Author'
>>> misfit(Article("https://a.example/", authors=(Author(None),)), Article)
'authors[0].name is NoneType, not str'
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from types import UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

#: Stands for a field that a record has not.
_MISSING = object()


class _Field(NamedTuple):
    name: str
    #: The classes of its value, and those of the values in it where it is a tuple.
    classes: tuple[type, ...]
    inner: tuple[type, ...]
    #: The record that one of these is.
    record: type | None


@cache
def _fields(cls: type) -> tuple[_Field, ...]:
    hints = get_type_hints(cls)
    found = []
    for field in fields(cls):
        classes, inner = _classes(hints[field.name]), _inner(hints[field.name])
        record = next(filter(is_dataclass, (*classes, *inner)), None)
        found.append(_Field(field.name, classes, inner, record))
    return tuple(found)


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


def misfit(record: Any, cls: type, given: Any = None, before: str = "") -> str:
    """The first field whose value has another type than `cls`, the class of the record, says, as "headline is NoneType, not
    str"; "" where all have theirs. A time must have its zone. The records in the record are asked too. What the step was
    `given` and left as it was is not, and neither are fields that a subclass adds: they are its own affair."""
    for name, classes, inner, nested in _fields(cls):
        value = getattr(record, name)
        if value is getattr(given, name, _MISSING):
            continue
        if problem := _problem(value, classes):
            return f"{before}{name} {problem}"
        if (
            not inner
            and nested
            and value is not None
            and (problem := misfit(value, nested, before=f"{before}{name}."))
        ):
            return problem
        for number, one in enumerate(value if inner else ()):
            if problem := _problem(one, inner):
                return f"{before}{name}[{number}] {problem}"
            if nested and (problem := misfit(one, nested, before=f"{before}{name}[{number}].")):
                return problem
    return ""


def _problem(value: Any, classes: tuple[type, ...]) -> str:
    if not isinstance(value, classes):
        wanted = " or ".join("None" if cls is type(None) else cls.__name__ for cls in classes)
        return f"is {type(value).__name__}, not {wanted}"
    return "has no time zone" if isinstance(value, datetime) and value.tzinfo is None else ""
