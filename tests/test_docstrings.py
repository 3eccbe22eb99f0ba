"""The examples in docstrings say what the code does: readers believe them, and some pin what must never change, as the
identifier of a text does."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import newsarchive

PACKAGE = Path(newsarchive.__path__[0])
#: Modules that have an example.
MODULES = sorted(
    ".".join(("newsarchive", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
    for file in PACKAGE.rglob("*.py")
    if ">>> " in file.read_text("utf-8")
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_are_true(name: str) -> None:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as missing:  # an extra that is not installed
        pytest.skip(str(missing))
    result = doctest.testmod(module, verbose=False)
    assert result.attempted
    assert not result.failed
