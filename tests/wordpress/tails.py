"""What publishers put into and under their articles, in every shape that we have met or can think of.

A publisher of a varied set (`tails` in its table) keeps to its own habits: where its list of other articles
stands, how it is marked up, how many lines it has, whether a promo is split over tags. The plain sets
(`writing._syndicated`) have one shape for all, so that figures of theirs stay comparable.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.wordpress.prose import Story, heading
from tests.wordpress.truth import Line

Table = Mapping[str, Any]


def values(text: Story, publisher: Table, rng: random.Random) -> dict[str, object]:
    """What a wording may name: `{year}`, `{date}`, `{title}`, `{slug}`, `{author}`, `{desk}`."""
    return {
        "year": rng.randint(2023, 2025),
        "date": f"{rng.randint(1, 28)} {rng.choice(('March', 'May', 'July'))} {rng.randint(2023, 2025)}",
        "title": text.headline,
        "slug": f"story-{rng.randint(10000, 99999)}",
        "author": text.author,
        "desk": rng.choice(publisher.get("desks", ("",))),
    }


def dressed(
    lines: Sequence[Line], publisher: Table, text: Story, known: Sequence[str], rng: random.Random
) -> Iterator[Line]:
    """The story's lines with promos, a list of other articles and credits. `known` are headlines of stories that
    may stand on the blogs too."""
    habits, named = publisher["tails"], values(text, publisher, rng)
    promo = list(_promo(publisher, habits, named, rng))
    others = list(_list(publisher, habits, named, known, rng))
    credits = list(_credits(publisher, named, rng))
    places = [i for i in range(2, len(lines)) if lines[i].form == "paragraph"]
    at = rng.choice(places)
    middle = rng.choice(places)
    for i, line in enumerate(lines):
        yield from promo if i == at else ()
        yield from others if i == middle and habits["place"] == "middle" else ()
        yield line
    yield from others if habits["place"] == "above" else ()
    yield from credits
    yield from others if habits["place"] == "below" else ()


def _promo(publisher: Table, habits: Table, named: dict[str, object], rng: random.Random) -> Iterator[Line]:
    if publisher["promo"] and rng.random() < 0.6:
        form = habits.get("promo", "paragraph")
        yield from (Line(text.format(**named), "promo", form=form) for text in rng.choice(publisher["promo"]))


def _list(
    publisher: Table, habits: Table, named: dict[str, object], known: Sequence[str], rng: random.Random
) -> Iterator[Line]:
    if rng.random() < 0.5:
        return
    head = rng.choice(publisher["related"]).format(**named)
    if head:
        yield Line(head, "related", form=habits.get("head", "paragraph"))
    for _ in range(rng.randint(*habits["count"])):
        listed = known and rng.random() < 0.4
        title = rng.choice(known) if listed else heading(publisher["language"], rng)
        text = habits.get("entry", "{title}").format(**named | {"title": title})
        yield Line(text, "related", form=habits["form"])


def _credits(publisher: Table, named: dict[str, object], rng: random.Random) -> Iterator[Line]:
    form = publisher["tails"].get("credit", "paragraph")
    yield Line(rng.choice(publisher["attribution"]).format(**named), "attribution", form=form)
    if publisher["copyright"] and rng.random() < 0.7:
        yield Line(rng.choice(publisher["copyright"]).format(**named), "copyright")
