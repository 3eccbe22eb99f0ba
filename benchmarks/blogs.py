"""Synthetic blogs with known truth: what a page shows, and which of its lines are the article.

A network of blogs republishes articles of a few publishers. Around and inside each text stands clutter
in the wordings of `wordings.toml`; some lines repeat on purpose and are part of the text (an intro
of a series, a disclaimer, a refrain, a bio, a correction), on two blogs as well. Everything follows
from a seed.
"""

from __future__ import annotations

import html
import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WORDINGS = Path(__file__).parent / "wordings.toml"
PUBLISHERS = (
    ("Harbour Gazette", "harbourgazette.example"),
    ("Mare News", "marenews.example"),
    ("The Granite Post", "granitepost.example"),
    ("Valley Observer", "valleyobserver.example"),
    ("Northern Almanac", "almanac.example"),
)
PEOPLE = ("Tom Fry", "Ada Lund", "Mara Quist", "Jon Abel", "Ines Roca", "Piet Vos", "Lena Holm", "Omar Said")
THEMES = ("classic", "blocks", "bare", "builder")
_SUBJECTS = [
    "council",
    "harbour",
    "bridge",
    "teacher",
    "ferry",
    "market",
    "orchard",
    "library",
    "museum",
    "storm",
    "bakery",
    "choir",
    "railway",
    "lighthouse",
    "mill",
]
_VERBS = [
    "opened",
    "closed",
    "moved",
    "welcomed",
    "refused",
    "painted",
    "measured",
    "promised",
    "delayed",
    "restored",
    "doubted",
    "counted",
    "sold",
]
_THINGS = [
    "the old pier",
    "a second ferry",
    "new rules for lorries",
    "four hundred letters",
    "the lower lake",
    "a plan for winter",
    "the tax on nets",
    "the northern road",
    "its oldest tree",
    "a set of keys",
    "the eastern wall",
    "a map of wells",
]
_TAILS = [
    "before the first snow",
    "after a long debate",
    "without a word to the press",
    "in spite of the rain",
    "for the third time in ten years",
    "while the harbour slept",
    "on the advice of two engineers",
    "to the surprise of its neighbours",
]


@dataclass(frozen=True)
class Story:
    """An article as its publisher printed it. `lines` are (text, is heading)."""

    id: str
    title: str
    publisher: int
    lines: tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class Post:
    """One page: its bytes' text, the true paragraphs, the clutter (text → kind) it shows, and the
    paragraphs among the true ones that repeat on purpose."""

    url: str
    blog: str
    story: Story
    page: str = field(repr=False)
    truth: tuple[str, ...] = ()
    clutter: tuple[tuple[str, str], ...] = ()
    on_purpose: frozenset[str] = frozenset()


def wordings(split: str, language: str) -> dict[str, Any]:
    table: dict[str, Any] = tomllib.loads(WORDINGS.read_text(encoding="utf-8"))[split][language]
    return table


def sentence(dice: random.Random) -> str:
    """A made-up sentence that hardly ever comes twice."""
    return (
        f"The {dice.choice(_SUBJECTS)} of {dice.choice(PEOPLE).split()[1]}ham {dice.choice(_VERBS)} {dice.choice(_THINGS)} "
        f"{dice.choice(_TAILS)}, and the {dice.choice(_SUBJECTS)} near {dice.choice(PEOPLE).split()[0]}ville "
        f"{dice.choice(_VERBS)} {dice.choice(_THINGS)}."
    )


def made_up(dice: random.Random, count: int) -> Iterator[list[str]]:
    """Texts of made-up prose, each a list of paragraphs with its title first."""
    for n in range(count):
        title = sentence(dice).split(", and")[0] + f" in year {n + 3}"
        yield [
            title,
            *(
                " ".join(sentence(dice) for _ in range(dice.randint(1, 4)))
                for _ in range(dice.randint(5, 12))
            ),
        ]


def stories(texts: Sequence[list[str]], words: dict[str, Any], dice: random.Random) -> list[Story]:
    found = []
    for n, (title, *paragraphs) in enumerate(texts):
        lines = [(p, False) for p in paragraphs]
        if dice.random() < 0.4:
            lines.insert(len(lines) // 2, (dice.choice(words["heading"]), True))
        found.append(Story(f"s{n}", title, n % len(PUBLISHERS), tuple(lines)))
    return found


class Blog:
    """One blog: its theme, furniture and habits, fixed by its seed."""

    def __init__(self, name: str, theme: str, words: dict[str, Any], seed: int) -> None:
        self.name, self.theme, self.words = name, theme, words
        self.dice = random.Random(seed)
        self.fixed = {
            k: self.dice.choice(words[k])
            for k in ("share", "related", "recent", "quote", "comments", "footer")
        }
        self.subscribe = self.dice.choice(words["subscribe"]).format(blog=name)
        self.posts: list[Post] = []

    def publish(self, story: Story, titles: Sequence[str], on_purpose: dict[str, str]) -> Post:
        """Render one story. `on_purpose` maps the kind of a repeated line to its text for this story."""
        body, clutter = self._body(story, titles, on_purpose)
        around = self._around(titles, clutter)
        url = f"https://{self.name.lower()}.example/{len(self.posts) + 1000}/"
        page = RENDER[self.theme](self, story.title, body, around, len(self.posts) + 1000)
        truth = tuple(t for t, kind in body if kind in ("body", "heading"))
        post = Post(url, self.name, story, page, truth, tuple(clutter), frozenset(on_purpose.values()))
        self.posts.append(post)
        return post

    def _body(
        self, story: Story, titles: Sequence[str], on_purpose: dict[str, str]
    ) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        dice, words = self.dice, self.words
        name, domain = PUBLISHERS[story.publisher]
        body = [(text, "heading" if is_heading else "body") for text, is_heading in story.lines]
        if "refrain" in on_purpose:
            body.insert(len(body) * 2 // 3, (on_purpose["refrain"], "body"))
        body[:0] = [(on_purpose[k], "body") for k in ("intro",) if k in on_purpose]
        body += [(on_purpose[k], "body") for k in ("disclaimer", "bio", "correction") if k in on_purpose]
        promo = words["promo"][story.publisher % len(words["promo"])]
        if dice.random() < 0.35:
            at = dice.randint(2, max(2, len(story.lines) - 2))
            body[at:at] = [(line, "promo") for line in promo if line]
        if dice.random() < 0.15:
            also = dice.choice(words["also"]).format(title=dice.choice(titles))
            body.insert(dice.randint(1, len(body) - 1), (also, "read more"))
        if dice.random() < 0.5:
            body.append((words["more"][story.publisher % len(words["more"])].format(name=name), "related"))
            body += [(t, "related") for t in dice.sample(titles, 3)]
        if dice.random() < 0.8:
            line = words["attribution"][story.publisher % len(words["attribution"])]
            body.append((line.format(name=name, domain=domain), "attribution"))
        if dice.random() < 0.5:
            body.append((dice.choice(words["copyright"]).format(name=name, year=2025), "copyright"))
        if dice.random() < 0.1:
            body.insert(0, (f"Verification: {dice.getrandbits(60):015x}", "token"))
        return body, [(t, kind) for t, kind in body if kind not in ("body", "heading")]

    def _around(self, titles: Sequence[str], clutter: list[tuple[str, str]]) -> dict[str, list[str]]:
        dice, fixed = self.dice, self.fixed
        saying = f"“{sentence(dice)}”"
        around = {
            "share": [fixed["share"]],
            "subscribe": [self.subscribe],
            "related": [fixed["related"], *dice.sample(titles, 3)],
            "recent": [fixed["recent"], *titles[:5]],
            "quote": [fixed["quote"], saying, f"~ {dice.choice(PEOPLE)}"],
            "comments": [fixed["comments"]],
            "footer": [fixed["footer"]],
        }
        clutter += [(line, kind) for kind, lines in around.items() for line in lines]
        return around


def _p(lines: Sequence[str], tag: str = "p") -> str:
    return "".join(f"<{tag}>{html.escape(line, quote=False)}</{tag}>" for line in lines)


def _lines(body: Sequence[tuple[str, str]], heading: str = "h2") -> str:
    return "".join(_p([text], heading if kind == "heading" else "p") for text, kind in body)


def _html(blog: Blog, title: str, inner: str, attributes: str = "") -> str:
    title = html.escape(title)
    return f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title} - {blog.name}</title></head><body{attributes}>{inner}</body></html>'


def _classic(
    blog: Blog, title: str, body: Sequence[tuple[str, str]], around: dict[str, list[str]], number: int
) -> str:
    menu = "".join(
        f"<li class='menu-item menu-item-{n}'><a href='/{n}'>{x}</a></li>"
        for n, x in enumerate(("Home", "News", "About"))
    )
    links = "".join(
        f"<li><a href='/{n}/'>{html.escape(t)}</a></li>" for n, t in enumerate(around["recent"][1:])
    )
    return _html(
        blog,
        title,
        (
            f"<header id='masthead' class='site-header'><p class='site-title'><a href='/'>{blog.name}</a></p><ul>{menu}</ul></header>"
            f"<main><article id='post-{number}' class='post-{number} post hentry'><h1 class='entry-title'>{html.escape(title)}</h1>"
            f"<div class='entry-meta'>April {number % 28 + 1}, 2025</div><div class='entry-content'>{_lines(body)}"
            f"<div class='sharedaddy'>{_p(around['share'], 'h3')}</div><div class='jp-relatedposts'>{_p(around['related'])}</div></div></article>"
            f"<div id='comments' class='comments-area'>{_p(around['comments'], 'h3')}</div></main>"
            f"<aside class='widget-area'><section class='widget'>{_p(around['recent'][:1], 'h2')}<ul>{links}</ul></section>"
            f"<section class='widget widget_text'>{_p(around['quote'])}</section></aside><div>{_p(around['subscribe'])}</div>"
            f"<footer class='site-footer'>{_p(around['footer'])}</footer>"
        ),
        f" class='single single-post postid-{number}'",
    )


def _blocks(
    blog: Blog, title: str, body: Sequence[tuple[str, str]], around: dict[str, list[str]], number: int
) -> str:
    return _html(
        blog,
        title,
        (
            f"<div class='wp-site-blocks'><header class='wp-block-template-part'>{_p([blog.name])}</header>"
            f"<main class='wp-block-group'><h1 class='wp-block-post-title'>{html.escape(title)}</h1>"
            f"<div class='entry-content wp-block-post-content is-layout-constrained'>{_lines(body)}{_p(around['share'])}{_p(around['subscribe'])}</div>"
            f"<div class='wp-block-group'>{_p(around['related'][:1], 'h2')}{_p(around['related'][1:], 'h3')}</div>"
            f"<div class='wp-block-comments'>{_p(around['comments'], 'h2')}</div></main>"
            f"<footer class='wp-block-template-part'><div>{_p(around['recent'])}</div><div>{_p(around['quote'])}</div>{_p(around['footer'])}</footer></div>"
        ),
    )


def _bare(
    blog: Blog, title: str, body: Sequence[tuple[str, str]], around: dict[str, list[str]], number: int
) -> str:
    return _html(
        blog,
        title,
        (
            f"<div>{_p([blog.name, 'Home', 'News'])}</div><div><div><h1>{html.escape(title)}</h1>{_lines(body)}"
            f"{_p(around['share'])}{_p(around['related'])}{_p(around['subscribe'])}{_p(around['comments'])}</div>"
            f"<div>{_p(around['recent'])}{_p(around['quote'])}</div></div><div>{_p(around['footer'])}</div>"
        ),
    )


def _builder(
    blog: Blog, title: str, body: Sequence[tuple[str, str]], around: dict[str, list[str]], number: int
) -> str:
    def widget(inner: str) -> str:
        return f"<div class='elementor-element elementor-element-{number:x} elementor-widget'><div class='elementor-widget-container'>{inner}</div></div>"

    tail = "".join(
        widget(_p(around[k]))
        for k in ("share", "related", "comments", "subscribe", "recent", "quote", "footer")
    )
    text = "".join(widget(_lines([line])) for line in body)
    return _html(
        blog,
        title,
        f"<div class='elementor'>{widget(_p([blog.name]))}{widget(f'<h1>{html.escape(title)}</h1>')}<section class='elementor-section'>{text}</section><section class='elementor-section'>{tail}</section></div>",
    )


RENDER = {"classic": _classic, "blocks": _blocks, "bare": _bare, "builder": _builder}
#: kind of a line that repeats on purpose → part of the stories that have it
ON_PURPOSE = {"intro": 0.04, "disclaimer": 0.06, "refrain": 0.05, "bio": 0.08, "correction": 0.04}


def network(
    texts: Sequence[list[str]], words: dict[str, Any], *, posts: int, seed: int = 1, shared: float = 0.3
) -> list[Blog]:
    """Four blogs, one of each theme, of `posts` posts each; a part of the stories stands on two of them."""
    dice = random.Random(seed)
    found = stories(texts, words, dice)
    titles = [s.title for s in found]
    blogs = [Blog(f"Blog{n}", theme, words, seed + n) for n, theme in enumerate(THEMES)]
    queue = list(found)
    dice.shuffle(queue)
    for n, blog in enumerate(blogs):
        own = queue[n :: len(blogs)][:posts]
        purpose = {story.id: _on_purpose(story, n, words, dice) for story in own}
        for story in own:
            others = [title for title in titles if title != story.title]
            blog.publish(story, others, purpose[story.id])
            if dice.random() < shared:
                blogs[(n + 1) % len(blogs)].publish(story, others, purpose[story.id])
    return blogs


def _on_purpose(story: Story, blog: int, words: dict[str, Any], dice: random.Random) -> dict[str, str]:
    """The lines that an author repeats, of one publisher, first on one blog; its neighbour copies some."""
    return {
        kind: dice.choice(words[kind]).format(person=dice.choice(PEOPLE))
        for n, (kind, share) in enumerate(ON_PURPOSE.items())
        if story.publisher == n % len(PUBLISHERS)
        and blog == n % len(THEMES)
        and dice.random() < share * len(PUBLISHERS)
    }
