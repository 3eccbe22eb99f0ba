"""The examples in the docstrings of `core/text`, and of what reads lines with it, are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

from newsarchive.core import text

MODULES = [f"newsarchive.core.text.{module.name}" for module in pkgutil.iter_modules(text.__path__)]
MODULES += [f"newsarchive.core.boilerplate.{name}" for name in ("cues", "position")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
