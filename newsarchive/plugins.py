"""Steps and export formats of other projects, without a fork.

A project offers them as entry points, in its `pyproject.toml`:

    [project.entry-points."newsarchive.steps"]
    shorten = "own_step:shorten"

Nothing that is merely installed changes an archive: the setting `steps` says which steps run, and where.

    steps = ["shorten after chrome", "my-extractor instead of extract", "without origin"]

The core loads nothing; the commands, the crawl and the library ask here, and hand it the steps that hold. Formats are
found by `newsarchive.export`. Importable without Scrapy and without the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib import metadata
from operator import attrgetter
from typing import Any, NamedTuple

from newsarchive import config
from newsarchive.core.steps import STEPS, Steps, inserted, replaced, without
from newsarchive.exceptions import UsageError
from newsarchive.export import FORMATS, own_formats, source_of

STEP_GROUP = "newsarchive.steps"

GRAMMAR = "write 'NAME after STEP', 'NAME before STEP', 'NAME instead of STEP' or 'without STEP'"
_PHRASE = re.compile(
    r"(?P<name>\S+)\s+(?P<how>after|before|instead of)\s+(?P<step>\S+)|without\s+(?P<out>\S+)"
)


class Offer(NamedTuple):
    """What an installed project offers: a `step` or a `format`, its name, and `source`, which says whose it is."""

    kind: str
    name: str
    source: str


def steps(phrases: Sequence[str]) -> Steps:
    """The steps that hold by the setting `steps`, newsarchive's own where it is empty.

    Raises `UsageError`, naming the phrase, the distribution and the entry point, and what to do about it.
    """
    return _steps(tuple(phrase.strip() for phrase in phrases if phrase.strip()))


@cache
def in_force() -> Steps:
    """The steps by the file of settings and the environment, read once a process. Raises `UsageError`."""
    return steps(config.load()["steps"])


@cache
def _steps(phrases: tuple[str, ...]) -> Steps:
    found = STEPS
    for phrase in phrases:
        try:
            found = _changed(found, phrase)
        except UsageError as error:
            raise UsageError(f"the setting steps, {phrase!r}: {error}") from error
    return found


def _changed(found: Steps, phrase: str) -> Steps:
    said = _PHRASE.fullmatch(phrase)
    if said is None:
        raise UsageError(f"not understood: {GRAMMAR}")
    step = said["step"] or said["out"]
    if step not in found:
        raise UsageError(f"there is no step {step!r}; there are {', '.join(found)}")
    if said["out"]:
        return without(found, step)
    run, source = _loaded(said["name"])
    if said["how"] == "instead of":
        return replaced(found, step, run, source)
    return inserted(found, said["name"].rpartition(":")[2], run, source, **{said["how"]: step})


def _loaded(name: str) -> tuple[Callable[..., Any], str]:
    """The function of a step, by the name of an entry point or as `module:function`, and who brings it."""
    if ":" in name:
        point, source = metadata.EntryPoint(name, name, STEP_GROUP), name
        what = name
        remedy = "install the project that has the module, or put its folder into PYTHONPATH"
    else:
        found = list(metadata.entry_points(group=STEP_GROUP, name=name))
        if not found:
            known = sorted({point.name for point in metadata.entry_points(group=STEP_GROUP)})
            offered = (
                f"; installed are {', '.join(known)}" if known else "; no installed project offers a step"
            )
            raise UsageError(
                f"no entry point {name!r} in the group {STEP_GROUP}{offered}: install the project that brings it "
                "into this environment, or write module:function"
            )
        point, source = found[0], source_of(found[0])
        if len(found) > 1:
            both = " and ".join(map(source_of, found))
            raise UsageError(f"{both} both offer {name!r}: write {point.value} to say which is meant")
        what = f"{source}, entry point {name!r},"
        remedy = f"repair or reinstall {source}, or take it out of the setting"
    try:
        run = point.load()
    except (Exception, SystemExit) as error:  # a script that was meant to be called, and not imported
        raise UsageError(f"{what} cannot be loaded: {type(error).__name__}: {error}; {remedy}") from error
    if not callable(run):
        raise UsageError(
            f"{what} is {type(run).__name__}, not a function of a record and the rules; {remedy}"
        )
    return run, source


def offered() -> Iterator[Offer]:
    """All steps and formats that installed projects offer, in use or not. Nothing of theirs is imported."""
    for point in sorted(metadata.entry_points(group=STEP_GROUP), key=attrgetter("name")):
        yield Offer("step", point.name, source_of(point))
    for point in sorted(own_formats(), key=attrgetter("name")):
        if point.name not in FORMATS:
            yield Offer("format", point.name, source_of(point))
