"""Which pages a new template may concern: every page that it takes otherwise is among them, and few others are."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from newsarchive.core.site_template.conventions import Convention, Kind
from newsarchive.core.site_template.layouts import Layout
from newsarchive.core.site_template.learner import learn
from newsarchive.core.site_template.model import Template
from newsarchive.core.site_template.observations import Observation, Window, observation
from newsarchive.core.site_template.template import difference, layout_of, verdict_of, verdicts
from newsarchive.items import Block
from tests.support.sites import CONTENT, RULES, line, page, prose, window

#: Lines that stand on some pages: a label, a promo, two heads of lists, one that only repeats.
REPEATED = [
    "Brass owl desk",
    "The Otter Sheet lives on coffee and on what its patrons drop into the brass tin by the door.",
    "More from the pond",
    "This is the third part of a series that began in the spring of the year before last.",
    "First published on Mare News (www.marenews.example).",
]
PLACES = [CONTENT, "html/body/div.site/div.tail/p", "html/body/aside/p"]

#: For each page: which repeated lines it has, where, and whether extraction took them for the article's.
lines_of_pages = st.lists(
    st.lists(st.tuples(st.sampled_from(REPEATED), st.sampled_from(PLACES), st.booleans()), max_size=4),
    min_size=4,
    max_size=12,
)


def records(drawn: list[list[tuple[str, str, bool]]]) -> list[Observation]:
    found = []
    for number, lines in enumerate(drawn):
        blocks: list[Block] = prose(number, 3)
        for text, place, is_body in lines:
            blocks.append(line(text, path=place, label="body" if is_body else "other"))
        dice = random.Random(number)
        at = dice.randrange(len(blocks))
        made = page(number, [*blocks[at:], *blocks[:at]], origin=dice.choice(["", "mare"]))
        found.append(observation(made, RULES, site="heron"))
    return found


def taken(one: Observation, template: Template) -> tuple[int, int]:
    layout = layout_of(one.lines, template)
    return verdict_of(verdicts(one.lines, template, one.url)), layout.number if layout else 0


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(lines_of_pages, st.integers(3, 11))
def test_every_page_that_is_taken_otherwise_is_concerned(
    drawn: list[list[tuple[str, str, bool]]], at: int
) -> None:
    pages = records(drawn)
    old = learn(Window(pages[:at]))
    new = learn(Window(pages), known=old)
    for before, after in ((old, new), (Template("heron"), new), (new, old)):
        changed = difference(before, after)
        for one in pages:
            assert taken(one, before) == taken(one, after) or changed.concerns(one), one.url


def test_a_page_without_the_line_is_not_concerned() -> None:
    pages = [page(n, [*prose(n), *([line(REPEATED[0])] if n < 4 else [])]) for n in range(9)]
    old, new = learn(window(pages[4:])), learn(window(pages))
    changed = difference(replace(old, layouts=new.layouts), new)
    found = [changed.concerns(one) for one in window(pages).pages.values()]
    assert found == [True] * 4 + [False] * 5


def test_a_place_and_an_anchor_concern_the_pages_that_have_them() -> None:
    pages = list(
        window([page(1, prose(1)), page(2, [*prose(2), line("Swept", path=PLACES[1])])]).pages.values()
    )
    key = next(x.key for x in pages[1].lines if x.sample == "Swept")
    layout = Layout(1, CONTENT)
    old = Template("heron", layouts=(layout,))
    changed = difference(old, Template("heron", layouts=(replace(layout, ends=frozenset({key})),)))
    assert [changed.concerns(one) for one in pages] == [False, True]


def test_layouts_and_conventions_concern_every_page() -> None:
    one = next(iter(window([page(1, prose(1))]).pages.values()))
    old = Template("heron", layouts=(Layout(1, CONTENT),))
    first = Convention(Kind.SITES_KEYWORDS, "harbour", 9, 0, "9 of 9 posts")
    assert not difference(old, old).concerns(one)
    assert difference(old, replace(old, layouts=(Layout(1, "html/body/main"),))).concerns(one)
    assert difference(old, replace(old, conventions=(first,))).concerns(one)
    more = replace(first, pages=10, reason="10 of 10 posts")
    known = [replace(old, conventions=(each,)) for each in (first, more)]
    assert not difference(*known).concerns(one)
