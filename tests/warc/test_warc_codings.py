"""A blog whose server sends each post in another coding: crawled, read again, learned, all from the archive's own bytes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.cli.test_cli import run
from tests.crawling.test_crawl import front, post, rows
from tests.support.serving import HTML, Answer, crawl, served
from tests.warc.test_contentcoding import SENT

pytestmark = pytest.mark.slow  # crawls, servers or other processes

#: What a theme prints below each text.
PROMO = "Sign up for the letter from the harbour and never miss a ferry"

WORDS = [
    "ferry",
    "harbour",
    "bridge",
    "market",
    "school",
    "library",
    "museum",
    "orchard",
    "railway",
    "lighthouse",
    "theatre",
    "hospital",
]

VOCABULARY = [
    "council",
    "votes",
    "repair",
    "winter",
    "storm",
    "captain",
    "ticket",
    "island",
    "fisher",
    "boat",
    "price",
    "growers",
    "apple",
    "frost",
    "spring",
    "bus",
    "parents",
    "teacher",
    "road",
    "doctor",
    "clinic",
    "roof",
    "money",
    "summer",
    "festival",
    "choir",
    "mayor",
    "tax",
    "budget",
    "river",
    "flood",
    "lorry",
    "station",
    "train",
    "driver",
    "strike",
    "union",
    "wages",
    "shop",
    "baker",
    "bread",
    "flour",
    "mill",
    "water",
    "pipe",
    "engineer",
    "lamp",
    "keeper",
    "tower",
    "rock",
    "ship",
    "radio",
]


def text(word: str) -> str:
    """Paragraphs that no other post has."""
    chosen = random.Random(word)
    sentences = [
        f"The {' of the '.join(chosen.sample(VOCABULARY, 6))} met the {word} and its {' and the '.join(chosen.sample(VOCABULARY, 4))}."
        for _ in range(9)
    ]
    return "".join(f"<p>{' '.join(sentences[at : at + 3])}</p>" for at in (0, 3, 6))


def blog() -> dict[str, Answer | str]:
    """The posts of a blog, one for each way to send it."""
    answers: dict[str, Answer | str] = {}
    for word, (label, made) in zip(WORDS, SENT.values(), strict=False):
        page = post(f"The {word} is closed", body=text(word) + f"<p>{PROMO}</p>")
        headers = {"Content-Type": HTML} | ({"Content-Encoding": label} if label else {})
        answers[f"/the-{word}-is-closed/"] = Answer(made(page.encode()), headers=headers)
    label, made = SENT["br"]
    page = front(*answers).encode()
    answers["/"] = Answer(made(page), headers={"Content-Type": HTML, "Content-Encoding": label})
    return answers


def test_what_came_in_any_coding_is_read_again_learned_and_locked(db: Path) -> None:
    with served(blog()) as site:
        done = crawl(f"url={site.home}/", db=db)
        name = site.home.removeprefix("http://")
    count = len(WORDS)
    assert f"{count} discovered, {count} new" in done.stderr
    bodies = "SELECT url, article_body FROM articles ORDER BY url"
    crawled = rows(db, bodies)
    assert all(PROMO not in str(body) for _, body in crawled)

    again = run("reextract", "--workers", "0", "--only-older-than", "9999", "--db", str(db))
    assert (
        f"{count} read: 0 new, 0 updated, {count} unchanged, 0 failed; 0 words lost, 0 gained" in again.stderr
    )

    asked = run("sites", "template", name, "--keep", PROMO, "--db", str(db))
    assert asked.returncode == 2
    assert f"{count} articles of {name} print it and are read again" in asked.stderr
    assert "say --yes" in asked.stderr
    assert rows(db, bodies) == crawled

    kept = run("sites", "template", name, "--keep", PROMO, "--yes", "--db", str(db))
    assert f"{count} articles changed" in kept.stderr, kept.stderr
    assert "cannot be read" not in kept.stderr
    assert all(str(body).endswith(PROMO) for _, body in rows(db, bodies))

    run("sites", "template", name, "--unlock", PROMO, "--yes", "--db", str(db))
    learned = run("learn", name, "--db", str(db))
    assert "cannot be read" not in learned.stderr
    assert rows(db, bodies) == crawled
