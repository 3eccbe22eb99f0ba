"""Little sites for the template's tests: pages as the chrome step leaves them, built from lines."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

from benchmarks.blogs import sentence
from newsarchive import rules
from newsarchive.core.site_template.learner import learn
from newsarchive.core.site_template.model import Template
from newsarchive.core.site_template.observations import Network, Window, observation
from newsarchive.core.site_template.template import apply_template
from newsarchive.items import Article, Block, Origin

RULES = rules.load()
CONTENT = "html/body/div.site/div.entry-content/p"


def prose(seed: int, count: int = 5) -> list[Block]:
    """Unique paragraphs inside the element that holds the article."""
    dice = random.Random(seed)
    return [Block(sentence(dice), path=CONTENT) for _ in range(count)]


def line(text: str, **changes: object) -> Block:
    """One block of the article's element, by default as extraction labels it: body."""
    return Block(text, **({"path": CONTENT} | changes))  # type: ignore[arg-type]


def page(
    number: int, blocks: Iterable[Block], *, site: str = "heron", title: str = "", origin: str = ""
) -> Article:
    return Article(
        url=f"https://{site}.example/{number}",
        headline=title or f"Post {number} of {site}",
        blocks=tuple(blocks),
        origin=Origin(origin.title(), f"{origin}.example") if origin else None,
    )


def window(pages: Sequence[Article], site: str = "heron", clusters: dict[str, str] | None = None) -> Window:
    return Window(observation(p, RULES, site=site, cluster=(clusters or {}).get(p.url, "")) for p in pages)


def learned(pages: Sequence[Article], shared: Network | None = None) -> Template:
    return learn(window(pages), shared=shared)


def shown(article: Article, template: Template) -> list[str]:
    """The texts that are still the article once the template is applied."""
    return [b.text for b in apply_template(article, template).blocks if b.label == "body"]


def label_of(article: Article, template: Template, text: str) -> str:
    return next(b.label for b in apply_template(article, template).blocks if b.text == text)
