"""The examples in docstrings say what the code does: readers believe them, and some pin what must never change, as the
identifier of a text does."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import newsarchive

#: Scripts that run when they are imported.
NO_MODULES = ("newsarchive.__main__", "newsarchive.db.migrations")
MODULES = [
    module.name
    for module in pkgutil.walk_packages(newsarchive.__path__, "newsarchive.")
    if not module.name.startswith(NO_MODULES)
]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_are_true(name: str) -> None:
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as missing:  # an extra that is not installed
        pytest.skip(str(missing))
    assert doctest.testmod(module, verbose=False).failed == 0
