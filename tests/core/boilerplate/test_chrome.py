"""Chrome labels on one page: the cases of `tests/cases/chrome`, and what holds for any page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive import compiled, extract, rules
from newsarchive.core.boilerplate.phrases import (
    EVERY_LINE,
    MAX_PHRASE_CHARACTERS,
    _compile,
    _entries,
    phrases,
)
from newsarchive.core.boilerplate.step import boilerplate_step
from newsarchive.core.text.normalise import fold
from newsarchive.exceptions import BadRules
from newsarchive.items import LABELS, Article, Author, Block, Candidate, DecidedBy
from newsarchive.rules import Rules

CASES = Path(__file__).parents[2] / "cases" / "chrome"
RULES = rules.load()


def cases(name: str, *marks: Any) -> list[Any]:
    found = json.loads((CASES / f"{name}.json").read_text(encoding="utf-8"))
    fails = pytest.mark.xfail(strict=True)
    return [
        pytest.param(case, id=case["label"], marks=(*marks, fails) if case.get("known_failure") else marks)
        for case in found
    ]


def blocks(case: dict[str, Any]) -> tuple[Block, ...]:
    """The blocks of a case as extraction would deliver them at its worst: all of them body."""
    return tuple(
        Block(
            text=b["text"],
            kind=b.get("kind", "paragraph"),
            path=b.get("path", "html/body/p"),
            links=tuple((text, url) for text, url in b.get("links", ())),
        )
        for b in case["blocks"]
    )


@pytest.mark.parametrize(
    "case",
    [
        *cases("in-the-wild"),
        *cases("negative"),
        *cases("languages"),
        *cases("known-failures", pytest.mark.xfail(strict=True)),
    ],
)
def test_case(case: dict[str, Any]) -> None:
    done = boilerplate_step(Article(url="https://heron.example/1", blocks=blocks(case)), RULES)
    # `lines`: what becomes of a block that is cut, as (text, label)
    wanted = [
        tuple(line) for b in case["blocks"] for line in b.get("lines", [(b.get("text"), b.get("label"))])
    ]
    assert [(b.text, b.label) for b in done.blocks] == wanted


@pytest.mark.parametrize("case", [*cases("lines"), *cases("calls"), *cases("details"), *cases("houses")])
def test_lines_above_and_below_a_text(case: dict[str, Any]) -> None:
    """A line as papers print it above or below an article, or prose that begins alike and stays."""
    text = [
        "The council met on Tuesday evening to decide whether the old bridge over the river should be closed to lorries.",
        "Residents have waited four years for an answer, and many stood in the corridor because the hall was full.",
        "The engineers will come back in May, and until then the bridge stays open to cars and to the school bus.",
    ]
    at = {"above": 0, "within": 1, "below": len(text)}[case["where"]]
    lines = [*text[:at], case["text"], *text[at:]]
    page = f"<title>The old bridge</title><article><h1>The old bridge</h1>{''.join(f'<p>{line}</p>' for line in lines)}</article>"
    body = extract(html=page, url="https://heron.example/2024/03/bridge").article_body.split("\n\n")
    assert body == (lines if case["stays"] else text)


@pytest.mark.parametrize(
    ("lines", "stay"),
    [
        # The contacts of a release, what it says of its firm, and boxes that sum a text up are text.
        (
            [
                "<h3>Contacts</h3>",
                "<p>Jane Doe</p>",
                "<p>+1 212 555 0100</p>",
                "<p>press@harbour.example</p>",
            ],
            True,
        ),
        (
            [
                "<h3>About Harbour Logistics</h3>",
                "<p>Harbour Logistics runs nine ports in four countries.</p>",
            ],
            True,
        ),
        (["<h3>Key takeaways</h3>", "<ul><li>The bridge will be closed for nine months.</li></ul>"], True),
        (["<p>###</p>"], False),
        (["<p>— Jane Doe (@janedoe) May 3, 2024</p>"], False),
    ],
)
def test_what_a_release_and_its_boxes_say_names_no_author(lines: list[str], stay: bool) -> None:
    text = (
        "<p>The council met on Tuesday evening to decide whether the old bridge should be closed to lorries.</p>"
        * 2
    )
    page = f"<title>The old bridge</title><article><h1>The old bridge</h1>{text}{''.join(lines)}</article>"
    article = extract(html=page, url="https://heron.example/2024/03/bridge")
    told = [re.sub("<[^>]*>", "", line) for line in lines]
    assert all((line in article.article_body) is stay for line in told)
    assert article.authors == ()


@pytest.mark.parametrize("line", ["<h4>Autor:</h4><p>Ann Roe</p>", "<h4>By Ann Roe</h4>"])
def test_a_heading_may_be_a_byline(line: str) -> None:
    text = (
        "<p>The council met on Tuesday evening to decide whether the old bridge should be closed to lorries.</p>"
        * 2
    )
    page = f"<title>The old bridge</title><article><h1>The old bridge</h1>{line}{text}</article>"
    article = extract(html=page, url="https://heron.example/2024/03/bridge")
    assert [author.name for author in article.authors] == ["Ann Roe"]


@pytest.mark.slow
def test_a_line_is_known_as_by_all_patterns_one_by_one() -> None:
    names = ("in-the-wild", "negative", "languages")
    found = [
        line
        for name in names
        for case in cases(name)
        for b in case.values[0]["blocks"]
        for line in b["text"].split("\n")
    ]
    entries = {
        section: [
            (compiled.regex(_compile("", "", text)), label) for _, label, text in _entries(RULES, section)
        ]
        for section in EVERY_LINE
    }
    known, several = phrases(RULES).known, 0
    for text in dict.fromkeys(map(fold, found)):
        wanted = {}
        for section, patterns in entries.items():
            labels = (label for pattern, label in patterns if pattern.fullmatch(text))
            if 0 < len(text) <= MAX_PHRASE_CHARACTERS and (label := next(labels, "")):
                wanted[section] = label
        assert {section: verdict.label for section, verdict in known(text).items()} == wanted, text
        several += len(wanted) > 1
    assert several


def test_the_pages_own_title_and_lede_stay() -> None:
    """A post may be called as a phrase is: its own words are never furniture."""
    own = (Block("Leave a reply"), Block("Share this"), Block("Share this", label="other"))
    article = Article(
        url="https://heron.example/1", headline="Leave a Reply", description="Share this", blocks=own
    )
    assert [b.label for b in boilerplate_step(article, RULES).blocks] == ["body", "body", "share"]


def test_the_headline_is_a_title_wherever_it_stands_outside_the_article() -> None:
    found = (
        Block("Rain", label="nav"),
        Block("Rain", kind="heading"),
        Block("It will rain for a week, the office said in its note this morning."),
        Block("Rain"),
    )
    done = boilerplate_step(Article(url="https://heron.example/1", headline="Rain", blocks=found), RULES)
    assert [b.label for b in done.blocks] == ["title", "title", "body", "body"]


def test_what_extraction_knows_of_the_pages_head_stays() -> None:
    article = Article(
        url="https://heron.example/1", blocks=(Block("Home", label="title"), Block("Home", label="nav"))
    )
    assert [b.label for b in boilerplate_step(article, RULES).blocks] == ["title", "nav"]


@pytest.mark.parametrize(
    ("line", "author", "label"),
    [
        ("Ann Roe | Senior Writer | July 2, 2025", "Ann Roe", "byline"),
        ("Ann Roe", "Jane Doe", "body"),
        ("Von: det/dpa", "det", "byline"),
        # What the page's metadata guessed to be names, for their capitals.
        (
            "Bridge Options Have Shifted in New Harbours",
            "Bridge Options Have Shifted in New Harbours",
            "body",
        ),
        ("Notable Clients: Mission Hills Swim Club and Arctic Collagen", "Notable Clients", "body"),
    ],
)
def test_a_line_that_names_a_known_author(line: str, author: str, label: str) -> None:
    prose = Block(
        "The council met on Tuesday evening to decide whether the old bridge should be closed. " * 2
    )
    article = Article(
        url="https://heron.example/1", authors=(Author(author),), blocks=(prose, Block(line), prose)
    )
    assert boilerplate_step(article, RULES).blocks[1].label == label


def test_a_list_between_two_lines_that_name_one_source() -> None:
    """Told by its build: no table knows these words."""
    prose = "The council met on Tuesday evening to decide whether the old bridge over the river should be closed to lorries for good."
    texts = [
        prose,
        "Out of the same oven, Mare News",
        "Ferry fares to rise in spring",
        "Swans return to the lower lake",
        "Baked first in the kitchen of Mare News.",
    ]
    done = boilerplate_step(Article(url="https://heron.example/1", blocks=tuple(map(Block, texts))), RULES)
    assert [b.label for b in done.blocks] == ["body", "related", "related", "related", "attribution"]


def test_a_heading_in_a_box_named_comment_does_not_end_the_article() -> None:
    """Themes name boxes for what they once held: the tables must know the heading's words too."""
    prose = Block(
        "The council met on Tuesday evening to decide whether the old bridge should be closed. " * 4
    )
    for text, last in (("Recycled", "body"), ("3 comments", "comments")):
        head = Block(text, "heading", "comments", "a theme's box", DecidedBy.MARKUP)
        article = Article(
            url="https://heron.example/1", blocks=(prose, head, Block("I was there, and saw it."))
        )
        assert boilerplate_step(article, RULES).blocks[-1].label == last


def test_titles_above_prose_are_no_tail() -> None:
    prose = "The council met on Tuesday evening to decide whether the old bridge over the river should be closed to lorries for good."
    texts = [
        prose,
        "A day at Mare News",
        "Coffee first",
        "Then the phones",
        "At Mare News nobody sits.",
        prose + " Nobody spoke.",
    ]
    done = boilerplate_step(Article(url="https://heron.example/1", blocks=tuple(map(Block, texts))), RULES)
    assert {b.label for b in done.blocks} == {"body"}


LINES = [
    b["text"]
    for name in ("in-the-wild", "negative", "languages")
    for c in cases(name)
    for b in c.values[0]["blocks"]
    if "\n" not in b["text"]  # lines of one block are judged, and parted, by themselves: see test_breaks
]
any_block = st.builds(
    Block,
    text=st.sampled_from(LINES) | st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=80),
    kind=st.sampled_from(["paragraph", "heading", "list_item", "quote", "code"]),
    label=st.sampled_from(LABELS),
    path=st.sampled_from(["", "html/body/p", "html/body/div#comments/p", "html/body/div.sharedaddy/p"]),
)


@pytest.mark.slow
@given(st.lists(any_block, max_size=30))
def test_texts_order_and_number_never_change(found: list[Block]) -> None:
    done = boilerplate_step(Article(url="https://heron.example/1", blocks=tuple(found)), RULES)
    assert [b.text for b in done.blocks] == [b.text for b in found]
    assert all(b.label in LABELS for b in done.blocks)
    assert all(new.rule for old, new in zip(found, done.blocks, strict=True) if old.label != new.label)


@pytest.mark.slow
@given(st.lists(any_block, max_size=30))
def test_nothing_comes_into_the_article(found: list[Block]) -> None:
    done = boilerplate_step(Article(url="https://heron.example/1", blocks=tuple(found)), RULES)
    assert not [new for old, new in zip(found, done.blocks, strict=True) if new.label == "body" != old.label]


def test_only_what_a_platform_names_as_text_comes_back_into_the_article() -> None:
    """SPIP's lead and postscript, which the classifier alone turned down."""

    def block(box: str, text: str, decided_by: DecidedBy = DecidedBy.MODEL) -> Block:
        return Block(text, label="other", path=f"html/body/main/{box}/p", decided_by=decided_by)

    found = (
        block("div.crayon.chapo.surlignable", "The ferry is back, and the island with it."),
        Block("The ferry came back to the island on Monday, and half of the island was at the pier."),
        block("div.ps.surlignable", "The timetable hangs at the post office."),
        block("div.ps", "A box of another software."),
        block("div.contenu-principal.surlignable", "A box around everything."),
        block("div.ps.surlignable", "Not on the screen.", DecidedBy.HIDDEN),
    )
    done = boilerplate_step(Article(url="https://heron.example/1", blocks=found), RULES).blocks
    assert [b.label for b in done] == ["body", "body", "body", "other", "other", "other"]
    assert [b.decided_by for b in done[::2]] == [DecidedBy.SELECTOR, DecidedBy.SELECTOR, DecidedBy.MODEL]


def test_a_footnote_comes_back_whatever_the_boxes_further_out_are_called() -> None:
    """Substack's notes stand in `article.newsletter-post`, those of WordPress perhaps in a widget of a page builder."""

    def note(label: str, path: str) -> Block:
        return Block(
            "The ledgers lie in the county archive.",
            label=label,
            rule="a guess",
            decided_by=DecidedBy.MARKUP,
            path=path,
        )

    found = (
        Block("The ferry came back to the island on Monday, and half of the island was at the pier."),
        note("subscribe", "html/body/article.newsletter-post/div.body/div.footnote/div.footnote-content/p"),
        note("nav", "html/body/div.elementor-widget/ol.wp-block-footnotes/li"),
        note("comments", "html/body/div.discussion/ol.wp-block-footnotes/li"),
        note("caption", "html/body/figure/ol.wp-block-footnotes/li"),
    )
    done = boilerplate_step(Article(url="https://heron.example/1", blocks=found), RULES).blocks
    assert [b.label for b in done] == ["body", "body", "body", "comments", "caption"]


def test_an_accordion_is_text_beside_the_text_and_a_menu_elsewhere() -> None:
    """Kadence makes the menu of a small screen of the block in which authors write questions and answers."""

    def block(
        text: str, place: str, label: str = "other", link: str = "", by: DecidedBy = DecidedBy.MODEL
    ) -> Block:
        path = f"html/body/{place}/div.kt-accordion-pane/p"
        return Block(text, label=label, path=path, decided_by=by, links=((text, link),) if link else ())

    prose = "The ferry came back to the island on Monday, and half of the island was at the pier."
    found = (
        block("Our boats", "header/div.menu", "nav", "https://heron.example/boats/", DecidedBy.MARKUP),
        block("More", "header/div.menu", "nav", by=DecidedBy.MARKUP),
        Block(prose, path="html/body/main/div.entry-content/p"),
        block("Who pays?", "main/div.entry-content", by=DecidedBy.NEIGHBOURS),
        block("Nobody pays.", "main/div.entry-content"),
        block(
            "The timetable", "main/div.entry-content", "nav", "https://heron.example/times/", DecidedBy.MARKUP
        ),
    )
    done = boilerplate_step(Article(url="https://heron.example/1", blocks=found), RULES).blocks
    assert [b.label for b in done] == ["nav", "nav", "body", "body", "body", "body"]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"line": {"body": ["x"]}}, "line.body: not one of"),
        ({"line": {"share": ["(x"]}}, "line.share: '(x' is no regular expression"),
        ({"line": {"shares": ["x"]}}, "line.shares: not one of"),
        ({"line": {"share": ["(x)"]}}, r"write groups as (?:…)"),
        ({"line": {"share": "x"}}, "share: must be a list of strings"),
        ({"select": ["x"]}, "select: must be a table"),
        ({"lines": {"share": ["x"]}}, "lines: no section; there are line, edge, head"),
        ({"body_classes": {"index": ["home"]}}, "body_classes: no section"),
    ],
)
def test_a_wrong_table_is_named(table: dict[str, Any], message: str) -> None:
    with pytest.raises(BadRules) as error:
        phrases(Rules(phrases={"xx": table}))
    assert str(error.value).startswith("phrases/xx.toml: ")
    assert message in str(error.value)


def test_a_platforms_table_names_its_own_folder() -> None:
    with pytest.raises(BadRules, match=r"^platforms/xx.toml: select: must be a table"):
        phrases(Rules(platforms={"xx": {"select": ["x"]}}))


@pytest.mark.parametrize("levels", [500, 50_000])
def test_a_path_of_any_depth_is_looked_up(levels: int) -> None:
    select = phrases(Rules(platforms={"xx": {"select": {"nav": [".menu"], "footer": ["#end"]}}})).select
    deep = "html/body/" + "div.box/" * levels
    assert select(deep + "p") is None
    below = select(f"{deep}ul.menu/div#end/p")
    assert below is not None
    assert below.label == "nav", "the outermost element decides"


@pytest.mark.slow
def test_tables_of_a_folder_replace_ours_by_name(tmp_path: Path) -> None:
    for folder, table in (
        ("phrases", '[line]\nshare = ["delen"]'),
        ("platforms", '[select]\nnav = [".own"]'),
    ):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "xx.toml").write_text(table, encoding="utf-8")
    (tmp_path / "phrases" / "nl.toml").write_text("", encoding="utf-8")
    loaded = rules.load(tmp_path)
    assert (loaded.phrases["nl"], loaded.phrases["de"]) == ({}, RULES.phrases["de"])
    known = phrases(loaded)
    line, place = known.known("delen").get("line"), known.select("html/body/div.own/p")
    assert line is not None
    assert place is not None
    assert (line.rule, place.rule) == (
        "phrases/xx.toml, [line] share: delen",
        "platforms/xx.toml, [select] .own",
    )


def test_the_language_is_that_of_the_text_that_is_left() -> None:
    """Warnings of PHP above a post are English. They leave the text, and the post is as German as it was."""
    warnings = [
        Block(
            f"Strict Standards: Redefining already defined constructor for class {name} in /www/{name}.php on line {n}"
        )
        for n, name in enumerate(("wpdb", "WP_Object_Cache", "Walker_Page", "Walker_Category"), 50)
    ]
    german = "Die Fähre kehrt zurück, und der alte Hafen hat wieder einen Fahrplan. Der Bürgermeister freut sich sehr."
    page = Article(
        "https://blog.example/1",
        in_language="en",
        in_language_source="detected",
        candidates=(Candidate("in_language", "de-DE", "html", chosen=True),),
    ).with_blocks([*warnings, Block(german), Block(f"{german} Alle kamen.")])
    article = boilerplate_step(page, RULES)
    assert "Strict Standards" not in article.article_body
    assert (article.in_language, article.in_language_source) == ("de", "declared and detected")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("heading", "label"),
    [
        ("The ferry stays · 3 May 2005, 10:20", "title"),  # Textpattern
        ("The ferry stays (3 May 2005)", "title"),
        ("The ferry stays until 3 May 2005", "body"),
    ],
)
def test_a_headline_with_its_day_is_the_headline(heading: str, label: str) -> None:
    text = "The council of the harbour town voted on Tuesday to keep the night ferry for another three years, because it is loved."
    article = Article(
        url="https://heron.example/1",
        headline="The ferry stays",
        blocks=(
            Block(heading, "heading", "body"),
            Block(text, label="body"),
            Block(text[::-1], label="body"),
        ),
    )
    assert boilerplate_step(article, rules.load()).blocks[0].label == label


@pytest.mark.slow
def test_numbers_leave_the_text_where_the_first_one_is_no_part_of_it_already() -> None:
    prose = "The ferry left the pier at noon on Monday, and nobody knew when it would come back."
    blocks = [Block(prose, label="body"), Block("1", label="nav"), *(Block(n, label="body") for n in "2345")]
    article = Article(url="https://heron.example/1", headline="The ferry stays", blocks=tuple(blocks))
    assert [b.label for b in boilerplate_step(article, rules.load()).blocks] == ["body", *["nav"] * 5]


@pytest.mark.slow
def test_both_lines_with_which_reuters_ends_leave_the_text() -> None:
    text = "The council of the harbour town voted on Tuesday to keep the night ferry for another three years, because it is loved."
    ends = (
        "(Reporting by Jane Doe; Editing by John Roe)",
        "Our Standards: The Thomson Reuters Trust Principles.",
    )
    blocks = tuple(Block(line, label="body") for line in (text, text[::-1], *ends))
    article = Article(url="https://heron.example/1", headline="The ferry stays", blocks=blocks)
    labels = [block.label for block in boilerplate_step(article, rules.load()).blocks]
    assert labels == ["body", "body", "attribution", "attribution"]


def test_numbers_that_count_pictures_leave_the_text_and_those_of_paragraphs_stay() -> None:
    prose = "The ferry left the pier at noon on Monday, and nobody knew when it would come back."
    text = [prose, "1", prose, "2", prose, "3", prose, "4", prose]
    counted = [prose, "1", "2", "3", "4", "5", "6", prose]
    lucky = [prose, "3", "17", "18", "19", "40", prose]
    for lines, stays in ((text, text), (counted, [prose, prose]), (lucky, lucky)):
        page = f"<title>The old bridge</title><article><h1>The old bridge</h1>{''.join(f'<p>{line}</p>' for line in lines)}</article>"
        article = extract(html=page, url="https://heron.example/2024/03/bridge")
        assert article.article_body.split("\n\n") == stays


@pytest.mark.parametrize(
    ("last", "label"),
    [
        (
            "Jane Doe is a journalist and an editor at the Harbour Magazine. She is a board member.",
            "author bio",
        ),
        ("Jane Doe covers ferries and bridges for the Post.", "author bio"),
        ("Jane Doe ist Redakteurin der Hafenpost und lebt in Kiel.", "author bio"),
        ("About the author: Jane Doe is a freelance journalist based in Sligo.", "author bio"),
        (
            "Jane Doe is the author of three books about the sea and lives in Sligo with her family.",
            "author bio",
        ),
        ("Jane Doe jest dziennikarką i pisze o portach.", "author bio"),
        ("Jane Doe je redaktorka a píše o přístavech.", "author bio"),
        ("Jane Doe este jurnalistă și scrie despre porturi.", "author bio"),
        ("Η Jane Doe είναι δημοσιογράφος και γράφει για τα λιμάνια.", "author bio"),
        ("Jane Doe — журналистка, пишет о портах и судоходстве.", "author bio"),
        ("Jane Doe là phóng viên, chuyên viết về cảng biển.", "author bio"),
        ("Jane Doe صحفية تكتب عن الموانئ منذ عشر سنوات.", "author bio"),
        ("Jane Doe — дочь рыбака, и в порту её знают все капитаны города.", "body"),
        ("Editor's note: Jane Doe is the founder of the ferry that this text is about.", "body"),
        ("Über die Autorin: Jane Doe ist Redakteurin der Hafenpost und lebt in Kiel.", "author bio"),
        ("The question: Jane Doe is on board, and nobody knows why she came.", "body"),
        ("Jane Doe is the last of the passengers who saw the professor on deck.", "body"),
        ("Jane Doe is late, the captain said on Friday evening, and nobody knows why.", "body"),
        ("Jane Doe was a reporter of the Post for forty years, and died on Friday evening.", "body"),
        ("John Roe is a journalist and an editor at the Harbour Magazine, and was on board.", "body"),
    ],
)
def test_what_a_text_tells_of_its_author_at_its_end(last: str, label: str) -> None:
    text = "<p>The town council decided on Thursday that the old ferry would return after nine years of waiting for it.</p>"
    page = f"<title>Ferry returns</title><article><h1>Ferry returns</h1><p>By Jane Doe</p><div>{text * 4}<p>{last}</p></div></article>"
    article = extract(html=page, url="https://www.lakeside-notes.example/2024/03/ferry")
    assert [b.label for b in article.blocks if b.text == last] == [label]


@pytest.mark.parametrize(
    ("above", "stays"),
    [
        ("<h3 class=byline>BY JANE DOE</h3>", False),  # wsj.com, 2012
        ("<table><tr><td>By Jane Doe</td></tr><tr><td>Associate News Editor</td></tr></table>", False),
        ("<table><tr><td><p>By Jane Doe</td><td>2 March 2024</td></tr></table>", False),
        (
            "<table><tr><td>Author</td><td>Jane Doe</td></tr><tr><td>Length</td><td>31 m</td></tr></table>",
            True,
        ),
    ],
)
def test_a_byline_in_a_heading_or_in_a_cell_of_layout_is_no_text(above: str, stays: bool) -> None:
    text = "".join(f"<p>{line}</p>" for line in (
        "The council met on Tuesday evening to decide whether the old bridge over the river should be closed to lorries.",
        "Residents have waited four years for an answer, and many stood in the corridor because the hall was full.",
        "The engineers will come back in May, and until then the bridge stays open to cars and to the school bus.",
    ))  # fmt: skip
    page = f"<title>The old bridge</title><meta name=author content='Jane Doe'><article><h1>The old bridge</h1>{above}{text}</article>"
    article = extract(html=page, url="https://heron.example/2024/03/bridge")
    assert ("jane doe" in article.article_body.lower()) is stays


@pytest.mark.parametrize(
    ("heading", "life", "stays"),
    [
        ("Ann Roe", "Ann Roe is a contributing editor of the Heron Post.", False),
        ("The ferry", "Ann Roe is a contributing editor of the Heron Post.", True),
        ("Ann Roe", "Ann Roe waited at the pier until the last ferry of the day had left.", True),
    ],
)
def test_the_name_above_an_authors_life_goes_with_it(heading: str, life: str, stays: bool) -> None:
    """Author Bio Box prints the name as a heading."""
    prose = "The council met on Tuesday evening to decide whether the old bridge over the river should be closed to lorries."
    found = (*(Block(f"{n}. {prose}") for n in range(9)), Block(heading, kind="heading"), Block(life))
    article = Article(url="https://heron.example/1", authors=(Author("Ann Roe", "person"),), blocks=found)
    done = boilerplate_step(article, RULES)
    assert (done.blocks[-2].label == "body") is stays


def test_the_caption_of_a_table_stays_in_the_text() -> None:
    prose = "<p>The town council decided on Thursday that the old ferry would return after nine years of waiting for it.</p>"
    table = "<table><caption>Fares of the ferry, 2014 and 2024</caption><tr><td>Adults</td><td>4.20</td></tr><tr><td>Dogs</td><td>1.10</td></tr></table>"
    page = f"<title>Ferry returns</title><article><h1>Ferry returns</h1><div>{prose * 3}{table}{prose * 2}</div></article>"
    article = extract(html=page, url="https://www.lakeside-notes.example/2024/03/ferry")
    assert "Fares of the ferry, 2014 and 2024" in article.article_body
