"""Lists of other articles and credits that are known by their build, in whatever words; and what only looks so."""

from __future__ import annotations

import pytest

from newsarchive.items import Article, Block
from tests.support.sites import CONTENT, learned, line, page, prose, shown

SITE = 20
#: Titles of other articles, of which each page shows two.
STARTS = ("Swans return", "Nobody wants", "Harbour buys", "Why snow fell", "Choir sings")
ENDS = ("at the old mill", "over seven bridges", "for our lost ferry", "near Fryham")
TITLES = [f"{start} {end}" for end in ENDS for start in STARTS]


def titles(n: int, count: int = 2, **form: object) -> list[Block]:
    return [line(f"{TITLES[(n * count + k) % len(TITLES)]}{' again' * n}", **form) for k in range(count)]


def text(n: int) -> list[str]:
    return [block.text for block in prose(n)]


CREDIT = line("Baked elsewhere first.", label="attribution")


@pytest.mark.parametrize(
    "form",
    [{}, {"kind": "list_item"}, {"kind": "heading"}, {"path": CONTENT.replace("/p", "/div.card/h4/a")}],
)
@pytest.mark.parametrize(
    "head", ["Crumbs from that loaf", "Hungry for more?", "There is more where that was …", "🔎 Dig on"]
)
def test_titles_above_an_attribution_go_whatever_their_head_says(head: str, form: dict[str, object]) -> None:
    pages = [
        page(n, [*prose(n), line(head), *titles(n, **form), CREDIT] if n < 5 else prose(n))
        for n in range(SITE)
    ]
    assert shown(pages[1], learned(pages)) == text(1)


def test_titles_below_an_attribution_go() -> None:
    pages = [
        page(n, [*prose(n), CREDIT, line("Dessert"), *titles(n, 3)] if n < 4 else prose(n))
        for n in range(SITE)
    ]
    assert shown(pages[2], learned(pages)) == text(2)


def linked(n: int, count: int = 2) -> list[Block]:
    blocks = titles(n, count)
    return [line(b.text, links=((b.text, f"https://mare.example/{n}"),)) for b in blocks]


def test_links_inside_the_text_go_with_a_head_that_always_opens_some() -> None:
    def inset(n: int) -> list[Block]:
        return [*prose(n)[:2], line("Where to go from here?"), *linked(n), *prose(n)[2:]]

    pages = [page(n, inset(n) if n < 4 else prose(n)) for n in range(SITE)]
    assert shown(pages[3], learned(pages)) == text(3)


def test_titles_of_other_posts_inside_the_text_go_with_their_head() -> None:
    def post(n: int) -> Article:
        others = [line("From the same oven"), line(TITLES[n + 5]), line(TITLES[n + 9])] if n < 4 else []
        blocks = [line(TITLES[n], label="title"), *prose(n)[:2], *others, *prose(n)[2:]]
        return page(n, blocks, title=TITLES[n])

    pages = [post(n) for n in range(SITE)]
    assert shown(pages[3], learned(pages)) == text(3)


# Credits


# What stays


def kept(pages: list[Article], n: int) -> bool:
    return shown(pages[n], learned(pages)) == [b.text for b in pages[n].blocks if b.label == "body"]


@pytest.mark.parametrize(
    ("head", "items"),
    [
        pytest.param(
            "What it costs",
            (
                "Replacing an old lamp - $89",
                "Replacing a lamp in the hall - $120",
                "Replacing a lamp out of doors - $140",
            ),
            id="its items begin alike, or hold prices",
        ),
        pytest.param(
            "Some dates",
            (
                "The bridge was closed in the year of the flood.",
                "The ferry was sold two years after it.",
                "Both are missed.",
            ),
            id="its items are sentences",
        ),
    ],
)
def test_an_articles_own_list_above_an_attribution_stays(head: str, items: tuple[str, ...]) -> None:
    pages = [
        page(n, [*prose(n), line(head), *(line(one, kind="list_item") for one in items), CREDIT])
        if n == 0
        else page(n, [*prose(n), line("Crumbs"), *titles(n), CREDIT] if n < 7 else prose(n))
        for n in range(SITE)
    ]
    assert kept(pages, 0)


def test_subheadings_and_short_lines_inside_the_text_stay() -> None:
    def parted(n: int) -> list[Block]:
        return [
            *prose(n)[:2],
            line("Why it matters", kind="heading"),
            line(f"A short line {'i' * n}"),
            *prose(n)[2:],
        ]

    pages = [page(n, parted(n) if n < 6 else prose(n)) for n in range(SITE)]
    assert kept(pages, 3)


def test_a_bio_with_a_site_in_it_stays() -> None:
    bio = "Ada Lund writes about ports and keeps a diary at www.lund.example, most of it true."
    pages = [page(n, [*prose(n), line(bio)] if n < 2 else prose(n)) for n in range(SITE)]
    assert kept(pages, 0)


def test_corrections_of_one_form_stay() -> None:
    def correction(n: int) -> str:
        return f"An earlier version misspelled the name of {['Tom Fry', 'Ada Lund', 'Jon Abel'][n]}. We regret the error."

    pages = [page(n, [*prose(n), line(correction(n))] if n < 3 else prose(n)) for n in range(SITE)]
    assert kept(pages, 1)


@pytest.mark.parametrize(
    ("title", "last"),
    [
        ("Why the harbour closed", "And that, said the miller, is why the harbour closed before anybody could leave it."),
        # A title that is the beginning of a sentence, as of posts that somebody published without a title.
        ("The last of the ships lay at the quay", "The last of the ships lay at the quay until the flood took it."),
    ],
)  # fmt: skip
def test_prose_that_ends_in_the_words_of_a_title_stays(title: str, last: str) -> None:
    pages = [page(n, prose(n)) for n in range(SITE)]
    mine = page(77, [*prose(77), line(last)], title=title)
    assert last in shown(mine, learned([*pages, mine]))
