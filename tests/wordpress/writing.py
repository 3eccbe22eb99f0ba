"""Plans of blogs: which posts stand on them, what their publishers and the blogs put round them, what was damaged.

Made without WordPress, from a seed. Some posts are the blog's own, most are republished: with the publisher's
promos, attribution and copyright lines, and with damage that the blog's own import did to the encoding. The same
story may stand on several blogs (`Post.cluster`).
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from tests.wordpress.damage import damage
from tests.wordpress.prose import Story, heading, sentence, story
from tests.wordpress.server import Settings
from tests.wordpress.tails import dressed
from tests.wordpress.truth import Line, Plan, Post, Publisher

SETS = ("dev", "usual", "report", "fresh", "varied", "apart")

Table = Mapping[str, Any]


@cache
def wordings(name: str) -> Table:
    """One set of wordings: its publishers, blogs and negatives."""
    return tomllib.loads((Path(__file__).parent / "clutter" / f"{name}.toml").read_text(encoding="utf-8"))


def plan(name: str, posts: int = 40, seed: int = 1) -> list[Plan]:
    """The four blogs of a set. Of every ten posts three are the blog's own and two stand on another blog too."""
    table, rng = wordings(name), random.Random(f"{name}/{seed}")
    pool: list[_Syndicated] = []
    for number in range(posts * len(table["blog"])):
        pool.append(_syndicated(table, rng, number, pool))
    return [_blog(name, profile, pool, posts, rng) for profile in table["blog"]]


def simple(posts: int = 12, seed: int = 1, settings: Settings | None = None, editor: str = "block") -> Plan:
    """A blog without clutter: English posts of its own."""
    rng = random.Random(f"simple/{seed}")
    dates = _dates(posts, rng)
    own = [
        _own({"authors": ["Ana", "Bo"], "languages": ["en"], "codec": ""}, (), date, rng) for date in dates
    ]
    return Plan(settings or Settings(), tuple(own), "none", editor)


def unpublished(plan: Plan) -> Iterator[Post]:
    """Drafts, private, scheduled and password-protected posts, and pages."""
    rng = random.Random(f"{plan.settings.title}/unpublished")
    base = {"authors": ["Ana"], "languages": ["en"], "codec": ""}
    date = datetime(2024, 5, 6, 7, 8)
    for status in ("draft", "private", "pending"):
        yield replace(_own(base, (), date, rng), status=status)
    yield replace(_own(base, (), date, rng), status="future", date=datetime(2097, 1, 1))
    yield replace(_own(base, (), date, rng), password="open sesame")
    yield replace(_own(base, (), date, rng), kind="page", slug="about")
    yield replace(_own(base, (), date, rng), kind="page", slug="contact-us")


@dataclass(frozen=True)
class _Syndicated:
    """A story of a publisher with what the publisher added, before any blog touched it."""

    story: Story
    publisher: Table
    lines: tuple[Line, ...]
    cluster: str


def _syndicated(table: Table, rng: random.Random, number: int, before: Sequence[_Syndicated]) -> _Syndicated:
    publisher = rng.choice(table["publisher"])
    text = story(publisher["language"], rng)
    lines = _dressed(text, rng)
    if "tails" in publisher:
        known = [one.story.headline for one in before if one.publisher is publisher]
        lines = list(dressed(lines, publisher, text, known, rng))
        return _Syndicated(text, publisher, tuple(lines), f"story {number}")
    if publisher["promo"] and rng.random() < 0.6:
        places = [at for at in range(2, len(lines)) if lines[at].form == "paragraph"]
        at = rng.choice(places)
        lines[at:at] = [Line(promo, "promo") for promo in rng.choice(publisher["promo"])]
    if rng.random() < 0.4:
        headlines = [heading(publisher["language"], rng) for _ in range(rng.randint(2, 4))]
        lines.append(Line(publisher["related"], "related", form=rng.choice(("heading", "paragraph"))))
        form = rng.choice(("item", "paragraph"))
        lines += [Line(words, "related", form=form) for words in headlines]
    lines += list(_credits(publisher, text, rng))
    return _Syndicated(text, publisher, tuple(lines), f"story {number}")


def _dressed(text: Story, rng: random.Random) -> list[Line]:
    """The paragraphs, in some stories with a heading, a block quotation or a list among them."""
    lines = [Line(paragraph) for paragraph in text.paragraphs]
    if rng.random() < 0.3:
        lines.insert(rng.randint(1, len(lines) - 1), Line(heading(text.language, rng), form="heading"))
    if rng.random() < 0.2:
        lines.insert(rng.randint(1, len(lines) - 1), Line(sentence(text.language, rng), form="quote"))
    if rng.random() < 0.2:
        at = rng.randint(1, len(lines) - 1)
        items = [Line(sentence(text.language, rng), form="item") for _ in range(rng.randint(3, 5))]
        lines[at:at] = items
    return lines


def _credits(publisher: Table, text: Story, rng: random.Random) -> Iterator[Line]:
    values = {
        "year": rng.randint(2023, 2025),
        "date": f"{rng.randint(1, 28)} March 2025",
        "title": text.headline,
        "slug": f"story-{rng.randint(10000, 99999)}",
    }
    yield Line(rng.choice(publisher["attribution"]).format(**values), "attribution")
    if publisher["copyright"] and rng.random() < 0.7:
        yield Line(rng.choice(publisher["copyright"]).format(**values), "copyright")


def _blog(name: str, profile: Table, pool: list[_Syndicated], posts: int, rng: random.Random) -> Plan:
    dates = _dates(posts, rng)
    fitting = [one for one in pool if one.publisher["language"] in profile["languages"]]
    # A blog takes its stories from the first part of the pool it can read, so that blogs share some.
    stories = rng.sample(fitting, min(len(fitting), round(posts * 0.7)))
    negatives = [n for n in wordings(name)["negative"] if n["language"] in profile["languages"]]
    made = [_republished(one, profile, date, rng) for one, date in zip(stories, dates, strict=False)]
    made += [_own(profile, negatives, date, rng) for date in dates[len(made) :]]
    if made:
        made[0] = replace(made[0], pages=2)
    settings = Settings(
        title=profile["title"],
        tagline=profile["tagline"],
        theme=profile["theme"],
        permalinks=profile["permalinks"],
        rest=profile.get("rest", True),
        sitemaps=profile.get("sitemaps", True),
        excerpt_feeds=profile.get("excerpt_feeds", False),
        timezone=profile.get("timezone", "Asia/Jakarta"),
        furniture=tuple(profile["furniture"]),
        quotes=tuple((quote, who) for quote, who in profile["quotes"]),
    )
    return Plan(settings, tuple(made), name, profile["editor"])


def _dates(count: int, rng: random.Random) -> list[datetime]:
    first = datetime(2023, 1, 2, 6, 0)
    return [first + timedelta(hours=rng.randint(1, 17000), minutes=rng.randint(0, 59)) for _ in range(count)]


def _republished(one: _Syndicated, profile: Table, date: datetime, rng: random.Random) -> Post:
    lines = list(one.lines)
    if profile.get("token"):
        lines.insert(0, Line(profile["token"].format(hex=f"{rng.getrandbits(64):016x}"), "token"))
    source = one.publisher
    publisher = Publisher(source["name"], source["domain"], tuple(source.get("aliases", ())))
    return _finished(profile, Line(one.story.headline), lines, one.story, date, rng, publisher, one.cluster)


def _own(profile: Table, negatives: Sequence[Table], date: datetime, rng: random.Random) -> Post:
    text = story(profile["languages"][0], rng)
    lines = _dressed(text, rng)
    fitting = [n for n in negatives if n["language"] == text.language]
    if fitting and rng.random() < 0.5:
        lines.insert(
            rng.randint(1, len(lines)), Line(rng.choice(rng.choice(fitting)["text"]), on_purpose=True)
        )
    if "own_intro" in profile and rng.random() < 0.5:
        lines.insert(0, Line(profile["own_intro"], on_purpose=True))
    if "own_bio" in profile and rng.random() < 0.4:
        lines.append(Line(profile["own_bio"], on_purpose=True))
    return _finished(profile, Line(text.headline), lines, text, date, rng)


def _finished(
    profile: Table,
    title: Line,
    lines: Sequence[Line],
    text: Story,
    date: datetime,
    rng: random.Random,
    origin: Publisher | None = None,
    cluster: str = "",
) -> Post:
    codec = profile["codec"] if rng.random() < 0.75 else ""
    share = rng.choice((0.15, 0.4, 0.9))
    return Post(
        slug=f"post-{rng.getrandbits(40):010x}",
        title=_printed(title, codec, share / 3, rng),
        lines=tuple(_printed(line, codec, share, rng) for line in lines),
        language=text.language,
        date=date,
        author=rng.choice(profile["authors"]),
        origin=origin,
        cluster=cluster,
        categories=(rng.choice(("World", "Economy", "Culture", "Sport")),),
        tags=tuple(sorted(rng.sample(("harbour", "rail", "music", "weather", "law", "bees"), 2))),
        comments=tuple(story("en", rng, (1, 1)).paragraphs if rng.random() < 0.3 else ()),
    )


def _printed(line: Line, codec: str, share: float, rng: random.Random) -> Line:
    printed, repairs = damage(line.text, codec, share, rng) if codec else (line.text, 0)
    return replace(line, printed=printed, repairs=repairs)
