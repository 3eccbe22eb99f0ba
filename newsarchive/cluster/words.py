"""A job in words. Without Procrastinate, whose import takes longer than `newsarchive cluster status` may."""

from __future__ import annotations

from typing import Any


def told(task: str, arguments: dict[str, Any]) -> str:
    """A job in words.

    >>> told("newsarchive:crawl", {"site": "https://blog.example/"}), told("reextract", {"first": 1, "last": 9})
    ('crawl https://blog.example/', 'reextract 1-9')
    """
    name = task.rpartition(":")[2]
    if "first" in arguments:
        return f"{name} {arguments['first']}-{arguments['last']}"
    return " ".join([name, *(str(arguments[key]) for key in ("site", "file") if key in arguments)])
