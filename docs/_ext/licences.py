"""The licences of what newsarchive needs at run time, as the installed packages state them.

    python docs/_ext/licences.py

A package states its licence as an SPDX expression, in free text, or as a classifier; the first that is there is given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution

from packaging.requirements import Requirement

#: Extras that people install; `test`, `docs` and the like are for those who work on newsarchive.
EXTRAS = (
    "browser",
    "postgres",
    "s3",
    "parquet",
    "pandas",
    "polars",
    "atom",
    "epub",
    "markdown",
    "xlsx",
    "html",
    "web",
)
#: Characters of a licence in free text; a longer one is the licence itself, and its classifier names it.
MAX_NAME_CHARACTERS = 40

#: package → what it says of its licence, "" where it is not installed or says nothing
Licences = dict[str, str]


@cache
def required() -> Licences:
    """Everything that `pip install newsarchive` brings on this system and Python, with what that needs in turn."""
    found: Licences = {}
    waiting = [Requirement("newsarchive")]
    while waiting:
        requirement = waiting.pop()
        name = _key(requirement.name)
        if name not in found:
            installed = _distribution(name)
            found[name] = _licence(installed) if installed else ""
            waiting += _requirements(installed, requirement.extras)
    del found["newsarchive"]
    return dict(sorted(found.items()))


def optional() -> dict[str, Licences]:
    """What each extra names."""
    ours = _distribution("newsarchive")
    return {
        extra: {
            _key(one.name): _licence(installed) if (installed := _distribution(one.name)) else ""
            for one in _requirements(ours, {extra})
            if one.marker is not None and not one.marker.evaluate({"extra": ""})
        }
        for extra in EXTRAS
    }


def markdown() -> str:
    """Both as tables."""
    lines = ["| package | licence |", "|---|---|"]
    lines += [f"| {name} | {licence or 'not stated'} |" for name, licence in required().items()]
    lines += ["", "| extra | package | licence |", "|---|---|---|"]
    for extra, packages in optional().items():
        lines += [
            f"| `{extra}` | {name} | {licence or 'not installed here'} |"
            for name, licence in packages.items()
            if name != "newsarchive"
        ]
    return "\n".join(lines)


def _requirements(installed: Distribution | None, extras: set[str]) -> Iterator[Requirement]:
    for text in (installed.requires or []) if installed else []:
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in (*extras, "")):
            yield requirement


def _licence(installed: Distribution) -> str:
    said = installed.metadata
    if expression := said.get("License-Expression"):
        return str(expression)
    text = " ".join((said.get("License") or "").split())
    if text and len(text) <= MAX_NAME_CHARACTERS and text != "Dual License":  # its classifiers name both
        return text
    named = [line for line in said.get_all("Classifier") or [] if line.startswith("License ::")]
    return ", ".join(line.rpartition(" :: ")[2] for line in named)


def _distribution(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def _key(name: str) -> str:
    """The name of a package as PEP 503 spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    print(markdown())  # noqa: T201
