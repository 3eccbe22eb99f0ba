"""Pytest fixtures: the four development blogs, small and served, and an empty one to write into.

Import them into a test module by name. Each skips, saying what to type, where WordPress is not to be had.
"""

from __future__ import annotations

import atexit
import contextlib
from collections.abc import Iterator
from functools import cache

import pytest

from tests.wordpress.blogs import Blog, Settings, opened, plan, simple
from tests.wordpress.server import missing, missing_theme

POSTS = 12


def require() -> None:
    """Skip the test, with the reason, where there can be no WordPress."""
    if why := missing():
        pytest.skip(why)


def require_theme(name: str) -> None:
    """Skip the test, with the reason, where WordPress has not this theme."""
    if why := missing_theme(name):
        pytest.skip(why)


@pytest.fixture(scope="session")
def four_blogs() -> list[Blog]:
    """The four blogs of the set `dev`, in the order of its file. Tests must leave them as they are."""
    require()
    for one in plan("dev", posts=0):
        require_theme(one.settings.theme)
    return _four_blogs()


#: Blogs that live as long as the process. A forked process of Python 3.13 forgets what is to be called at its end, and
#: would close there what nothing else held.
_held: list[contextlib.ExitStack] = []


@cache
def _four_blogs() -> list[Blog]:
    # Once a process, however many modules import the fixture: pytest would build it for each.
    stack = contextlib.ExitStack()
    atexit.register(stack.close)
    _held.append(stack)
    return [stack.enter_context(opened(one)) for one in plan("dev", posts=POSTS)]


@pytest.fixture
def fresh_blog() -> Iterator[Blog]:
    """A blog of six plain posts that a test may change as it likes; its pages have an ETag."""
    require()
    with opened(simple(posts=6, settings=Settings(page_cache=True)), extras=False) as blog:
        yield blog
