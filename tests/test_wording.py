"""Sentences that explain a label are for people: whatever they say, every step gives the same article."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from newsarchive import items
from newsarchive.core.site_template.learner import learn
from newsarchive.core.site_template.model import Template
from newsarchive.core.site_template.observations import Window
from newsarchive.core.steps import article_from, observed, templated
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, Capture
from tests.support.sites import RULES, learned, line, page, prose

PAGES = Path(__file__).parent / "pages"
TEXT = (
    "<p>The council met on Tuesday evening to decide whether the old bridge should be closed to lorries.</p>"
)
#: A page with what depended on the wording of sentences: a hidden box, a credit, a list below a name, comments.
MADE = f"""<html><head><title>The old bridge closes</title></head><body><article><h1>The old bridge closes</h1>
<div class="paywall" style="display: none">The rest of the story waits behind this door.</div>
<div class="entry">{TEXT * 6}<p>This article first appeared in Mare News.</p><h3>Mare News</h3><ul>
<li><a href="/2">Trams return</a></li><li><a href="/3">Snow ahead</a></li></ul>
<h3>3 comments</h3>{TEXT.replace("council", "neighbour") * 2}</div></article>
</body></html>"""


def captures() -> Iterator[Capture]:
    yield Capture("https://heron.example/1", MADE.encode(), headers={"content-type": "text/html"})
    for file in sorted(PAGES.glob("*.example/*.html")):
        url = f"https://{file.parent.name}/{file.stem}"
        yield Capture(url, file.read_bytes(), headers={"content-type": "text/html"})


def read() -> list[Article]:
    """Every page by itself, then by a template that was learned from all of them."""
    found = []
    for capture in captures():
        try:
            found.append(article_from(capture, RULES))
        except NotAnArticle:
            continue
    window = Window(observed(article, "heron.example", RULES) for article in found)
    template = replace(learn(window), site="heron.example")
    return found + [templated(article, template, RULES) for article in found]


def taught() -> list[Article]:
    """The pages of a site that prints one line below every text, as its template has them."""
    pages = [page(n, [*prose(n), line("Baked warm at the harbour office.")]) for n in range(12)]
    template: Template = learned(pages)
    return [templated(one, template, RULES) for one in pages]


def unworded(article: Article) -> Article:
    return replace(article, blocks=tuple(replace(block, rule="") for block in article.blocks))


@pytest.fixture(scope="module")
def before() -> list[Article]:
    """All articles with the sentences as they are."""
    return list(map(unworded, read() + taught()))


@pytest.mark.slow
@pytest.mark.parametrize("wording", ["", "phrases/head: template, not on the screen"])
def test_the_wording_of_rules_decides_nothing(
    before: list[Article], monkeypatch: pytest.MonkeyPatch, wording: str
) -> None:
    """Every sentence is another one from the moment on in which a pass gives it to a block."""
    set_rule = items._set_rule
    with monkeypatch.context() as reworded:
        reworded.setattr(items, "_set_rule", lambda block, rule: set_rule(block, wording))
        found = read() + taught()
    assert {block.rule for article in found for block in article.blocks} == {wording}
    after = list(map(unworded, found))
    assert [a.blocks for a in after] == [a.blocks for a in before]
    assert after == before
    assert before[0].is_accessible_for_free is None, "nobody sees its box of a paywall"
    assert {block.decided_by for article in before for block in article.blocks} >= {
        items.DecidedBy.PHRASE, items.DecidedBy.RUN, items.DecidedBy.TEMPLATE,
        items.DecidedBy.COMMENTS, items.DecidedBy.NOTICE,
    }  # fmt: skip


@pytest.mark.slow
def test_every_label_says_which_pass_gave_it() -> None:
    """Labels that no pass answers for could not be decided by."""
    for article in read():
        assert [block.text for block in article.blocks if not block.decided_by] == []
