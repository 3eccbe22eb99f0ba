"""What is worked out in a fast way is what the plain way gives."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest

from newsarchive import rules
from newsarchive.core.boilerplate import phrases
from newsarchive.core.discovery import pagination
from newsarchive.core.extraction import class_names
from newsarchive.core.extraction import labels as naming
from newsarchive.core.extraction.classifier import Forest
from newsarchive.core.html import parsing
from newsarchive.core.metadata import person_names, standing
from newsarchive.core.origin import attribution, attribution_patterns
from newsarchive.core.text import dates, lines, normalise, patterns, words
from newsarchive.core.text.patterns import Literals
from newsarchive.core.text.words import count_words

NAMES = (
    "entry-content", "postTitle_main", "menu-item-93528", "css-1ylu0bo", "--lead--", "a", "post", "POST", "__x_9",
    "sm:max-w-[240px]", "framer-Z9J8L", "readNext", "read-next", "header", "head", "ad", "ads", "adv", "my_ad_slot",
    "shared", "commentary", "widget-nav", "author-bio-box", "relatedPosts", "über-uns", "kommentare", "cat-links",
    "more-stories-latest", "photo-credit", "itemprop", "item", "tab-1", "respond", "x" * 70, "", "ÄHNLICH", "ＦＯＯＴＥＲ",
)  # fmt: skip


def walked(forest: Forest, row: np.ndarray) -> float:
    """A row's score, tree by tree, question by question."""
    total = forest.bias
    for feature, threshold, leaves in zip(forest.feature, forest.threshold, forest.leaves, strict=True):
        node = 0
        for _ in range(forest.depth):
            node = 2 * node + (2 if row[feature[node]] > threshold[node] else 1)
        total += float(leaves[node - (2**forest.depth - 1)])
    return total


@pytest.mark.parametrize(("depth", "rows"), [(4, 0), (4, 1), (4, 8), (4, 13), (3, 600), (1, 5)])
def test_a_forest_scores_rows_as_a_walk_down_its_trees_does(depth: int, rows: int) -> None:
    dice = np.random.default_rng(depth * 1000 + rows)
    nodes, trees = 2**depth - 1, 17
    forest = Forest(
        ("a", "b", "c"),
        depth,
        dice.integers(0, 3, (trees, nodes)),
        dice.integers(-3, 4, (trees, nodes)).astype(np.float32),
        dice.normal(size=(trees, 2**depth)).astype(np.float32),
        0.25,
    )
    table = dice.integers(-4, 5, (rows, 3)).astype(np.float32)
    expected = [walked(forest, row) for row in table]
    assert np.allclose(forest.scores(table), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_searched_only_where_a_word_can_begin(name: str) -> None:
    spelled = class_names.spelled(name)
    table = naming._labels(rules.load())
    labels = [(m.lastindex - 1, m[0]) for m in table.any.finditer(spelled) if m.lastindex]
    assert table.named(name) == min(labels, default=None)
    groups = {group for group, pattern in class_names.GROUPS.items() if pattern.search(spelled)}
    bits = sum(class_names.GROUP_BITS[group] for group in groups) if len(name) <= 60 else 0
    assert class_names.Names({})._single(name)[1] == bits


@pytest.mark.parametrize("name", NAMES)
def test_the_words_of_a_name_are_its_parts_and_the_whole_without_numbers(name: str) -> None:
    parts = re.findall(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]*", name)
    whole = name.lower() if name.isalpha() else re.sub(r"[\d_-]+", "-", name.lower()).strip("-")
    expected = ({p.lower() for p in parts if len(p) > 1} | {whole}) - {""} if len(name) <= 60 else set()
    assert class_names._words(name) == expected
    assert class_names.Names(dict.fromkeys(expected, 1.0))._single(name)[0] == dict.fromkeys(expected, 1.0)


@pytest.mark.parametrize("name", NAMES)
def test_names_that_differ_in_their_numbers_are_worth_the_same(name: str) -> None:
    table = {"css": 0.5, "ylu": 1.5, "header": 2.0, "col-md": -1.0, "css-ylu-bo": 0.25}
    for one in (name, f"{name}-1 col-md-12", f"{name}_27"):
        apart = class_names.Names(table)
        assert class_names.Names(table).worth_of("p", one, "a7 x") == apart._worth_of("p", one, "a7 x")


@pytest.mark.slow
@pytest.mark.parametrize("section", ["line", "edge", "head"])
def test_what_a_pattern_begins_with_and_holds_is_known_of_all_tables(section: str) -> None:
    partial = pytest.importorskip("regex")  # tells whether a text could be the beginning of a match
    found = list(phrases._entries(rules.default(), section))
    signs = sorted({char for _, _, pattern in found for char in pattern} | set("0٣"))
    for file, _, pattern in found:
        begins = patterns.letters(phrases._compile(file, section, pattern))
        compiled = partial.compile(phrases._compile(file, section, pattern))
        can = {patterns.letter_of(char) for char in signs if compiled.fullmatch(char, partial=True)}
        assert begins is None or can <= begins, pattern


@pytest.mark.parametrize(
    ("pattern", "letters", "held"),
    [
        ("a?bc", "ab", "bc"),
        ("(?:ab?|c)d|e+f", "ace", ""),
        (r"(?:\d+|no) comments?", "0n", " comment"),
        (r"\(advert", "(", "advert"),
        ("[ab]cd", None, "cd"),
        (".{0,20} is on", None, " is on"),
        ("(?:the )?(?:x )?zoo", "txz", "zoo"),
        ("x*yet", None, "yet"),
        (r"(?:[)\]]|a)b", None, ""),
        ("", None, ""),
    ],
)
def test_a_pattern_is_read_as_far_as_it_is_understood(pattern: str, letters: str | None, held: str) -> None:
    assert patterns.letters(pattern) == (None if letters is None else frozenset(letters))
    assert patterns.held(pattern) == held


def test_many_groups_that_may_be_missing_take_no_time() -> None:
    assert len(patterns.letters("(?:a?|b?)" * 60 + "c") or ()) == 3


def test_words_that_hold_another_are_not_looked_for() -> None:
    assert Literals(["copyright", "copyright by", "© by", "©"]).words[-1] == ("copyright", "©")


def test_words_are_looked_for_in_texts_that_may_hold_them() -> None:
    plain, latin, every = Literals(["rights", "réservés", "ⓒ", "版权", "авторское", "حقوق"]).words
    assert plain == ("rights",)
    assert latin == ("rights", "réservés", "ⓒ")
    assert every == ("rights", "réservés", "ⓒ", "版权", "авторское", "حقوق")


@pytest.mark.parametrize(
    ("names", "is_aside"),
    [
        ("nav", True),
        ("site-nav x", True),
        ("navy", False),
        ("post-footer", False),
        ("Footer", True),
        ("REPLY", True),
    ],
)
def test_classes_are_read_in_small_letters(names: str, is_aside: bool) -> None:
    assert standing._says_aside(names) is is_aside


@pytest.mark.parametrize(
    "text", ["— a", "“ ”", "a –\n– b", "«\u00a0Mot\u00a0» – x", "\u2028—\u2028", "ümläut-word, é!", "½ … ¾"]
)
def test_words_between_spaces_hold_a_letter_or_digit(text: str) -> None:
    assert count_words(text) == len(re.findall(r"\w\S*", text))


def test_promo_words_are_found_although_most_lines_are_told_by_their_words() -> None:
    words = phrases.phrases(rules.default()).promo
    for _, kind, text in phrases._entries(rules.default(), "promo"):
        plain = [part for part in patterns.unfolded(text) if not set(part) & set("\\[(?*")]
        assert all(
            words.holds(f"so {word}, and on", kind) and words.begins(f"{word} here", kind) for word in plain
        )
    assert not any(words.holds("1889", kind) for kind in words.patterns)


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("deep dives?", "deep"),
        ("analy(?:s|z)es", "analyses analyzes"),
        ("e-?books?", "e ebook ebooks"),
        ("you're", "you"),
        ("(?:right|over) here|app", "right over app"),
        (r"whatsapp(?:-\w+)?", "whatsapp"),
        ("(?:hand)?made", "made handmade"),
        ("brand[- ]new", ""),
        (r"\w*newsletters?", ""),
        ("no+", ""),
        ("(?:a|b){2}", ""),
        ("-off", ""),
        ("(?:a|b)(?:c|d)(?:e|f)(?:g|h)(?:i|j)(?:k|l)(?:m|n)(?:o|p)", ""),
    ],
)
def test_the_words_that_a_match_begins_with_are_known(pattern: str, words: str) -> None:
    assert patterns.first_words(pattern) == (frozenset(words.split()) or None)


@pytest.mark.parametrize(
    ("line", "form"),
    [
        ("Read the whole story on www.heron.example today", "read the whole story on ◆ today"),
        ("The story is on Heron.Example.", "the story is on ◆"),
        ("no name, no domain and no title stand here", ""),
        ("Ada and Bo and Cy", ""),
        ("more from “The swans of the lake” on 3 May", "more from ❝ on 0 ▲"),
    ],
)
def test_the_form_of_a_line_has_a_mark_and_three_words(line: str, form: str) -> None:
    assert lines.form_of(line) == form


#: Texts in which the patterns below match, nearly match, or match twice in a row.
TRICKY = (
    "", ".", "\n", "\n\n\n", "a.", "It rained.  Nobody came!\n\n下雨了。。没有人来。」好", "By Dr. A. Lund | The Heron • Mare News", ". • x",
    "1. | 2", "河边 记者：好", "河边  河边：好", "5 . 6", "“It rained.” She said: “No.”)  Then", "3/4/2012, 13.4.12 and 103.4.2012 or 1/2/34567",
    "28.09.1912:44", "22nd and 1st, 5th7 and 12", "1990", "2500", "2300", "1 -2", "3. 4", "٣-٤", "no date", "Trump’s return…_", "राम_ रमा",
    "page=2", "page=x", " 2", "02/", "/post/2/", "/post/2/x", "/post/12?x", "/2.html", "a%32", "%12", "x\ty", "12a", "/3amp;",
    "div#post-7.a_1.category-b.tag-c", "div#category-b.type-x-9", "a.b-3.c", "p.title__x3Fz9.css-1ylu0bo", "i.a__bcdef-g.jsx-1",
    "By Ada  |  3 May", "a - b", "a -b", "a   b", "a\tb", "a·b", "well-known", "2024-05-03 来源：新华网作者：张三", "作者：张三", "网作者：张三",
)  # fmt: skip


@pytest.mark.parametrize(
    ("fast", "plain"),
    [
        (lines._DIGITS, r"\d+(?:st\b|nd\b|rd\b|th\b)?"),
        (
            lines._PER_POST,
            r"[#.][\w-]*\d[\w-]*|\.(?:category|tag|author|status|format|has|wp-image|type)-[\w-]*",
        ),
        (lines._HASHED, r"\.[\w-]*__[\w-]{5,}|\.(?:css|sc|jsx)-[\w-]+"),
        (dates.NUMERIC, dates.NUMERIC.pattern.replace(r"(\d(?<!\d\d)\d?)", r"(?<!\d)(\d{1,2})")),
        (normalise._NO_LETTER, rf"[^\w{normalise.VOWEL_SIGNS}]|_"),
    ],
)
def test_a_pattern_to_whose_start_a_search_skips_finds_what_the_plain_one_finds(
    fast: re.Pattern[str], plain: str
) -> None:
    for text in TRICKY:
        assert [m.span() for m in fast.finditer(text)] == [m.span() for m in re.finditer(plain, text)], text


def test_a_pattern_that_spares_a_search_matches_where_the_search_does() -> None:
    part = r"(?:^\s*|[/\\])\d{1,2}(?=[/\\]*(?:\s*$|[?#;.]|(?i:amp|index|default)))|page=\d|%[2-7]|[\t\r\n]"
    for text in TRICKY:
        assert bool(dates._MAY_BE_DATE.search(text)) == bool(re.search(r"(?:19|20|25)\d\d|\d[./-] ?\d", text))
        found = pagination._MAYBE_PART.search(text) or pagination._BEGINS_PART.match(text)
        assert bool(found) == bool(re.search(part, text))
        assert person_names.MAY_PART.search(text) or not person_names.SEGMENT.search(text)


def test_a_statement_ends_where_the_plain_pattern_says() -> None:
    stops, wide, han = words._STOPS, words._WIDE_STOPS, words._HAN
    plain = re.compile(
        rf"(?<=[{stops}])[\"”’»)\]]{{0,2}}\s+|(?<=[{wide}])[」』）]?|\n+|\s[|•·]\s|(?<=[{han}])\s+(?=[{han}]{{2,5}}\s?[：:])"
    )
    for text in TRICKY:
        found = words._STATEMENT_END.finditer(text)
        ends = [(end.start() + (not end[0][0].isspace()), end.end()) for end in found]
        assert ends == [end.span() for end in plain.finditer(text)], text


def test_the_trees_of_the_posts_under_way_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    trees = type(parsing.parse)()
    pages = [f"<p>Post {number}</p>" for number in range(parsing.MAX_KEPT_TREES)]
    made = [trees(page) for page in pages]
    assert all(trees(page) is tree for page, tree in zip(pages, made, strict=True))
    trees("<p>one more</p>")
    assert trees(pages[1]) is made[1]
    assert trees(pages[0]) is not made[0]
    monkeypatch.setattr(parsing, "MAX_KEPT_CHARACTERS", 100)
    large = f"<p>{'a' * 200}</p>"
    assert trees(large) is trees(large)
    assert trees(pages[-1]) is not made[-1]


@pytest.mark.slow
def test_each_phrase_of_attributions_is_tried_on_the_lines_that_it_matches() -> None:
    table, dice, lines_tried = rules.default(), random.Random(7), 0
    index = attribution._phrase_index(table)
    for language, phrases_table in table.attribution.items():
        for phrase in attribution_patterns.phrases_of(language, phrases_table):
            for _ in range(6):
                for line in _spellings(_written_out(phrase, dice)):
                    if phrase.regex.match(line):
                        lines_tried += 1
                        tried = [bucket for _, bucket in index.buckets(line)]
                        assert any(p.pattern == phrase.pattern for bucket in tried for p in bucket), line
    assert lines_tried > 2000


def _spellings(line: str) -> set[str]:
    """The line as it is and in capitals, also in those of Turkish, with each of the three apostrophes."""
    cases = (line, line.upper(), line.replace("i", "İ").upper())
    return {re.sub("['’ʼ]", apostrophe, text) for text in cases for apostrophe in "'’ʼ"}


def _written_out(phrase: attribution_patterns.Phrase, dice: random.Random) -> str:
    """A line that the phrase may match, with any of its words."""
    words_of_line = []
    for token in phrase.pattern.split():
        name = re.fullmatch(r"<(\w+)(\??)>", token)
        if not name:
            words_of_line.append(token)
        elif name[1] in ("source", "any"):
            words_of_line.append("The Heron")
        elif not name[2] or dice.random() < 0.5:
            words_of_line.append(dice.choice(phrase.words[name[1]]))
    return ("" if not phrase.spaces else " ").join(words_of_line).replace("' ", "'")


@pytest.mark.parametrize(
    "text", ["", "a_b c-d 3rd", "it's 5 p.m.; go!", "déjà vu", "字 and 3", "\x00\x7f tab\tend"]
)
def test_the_words_of_a_text_are_what_a_search_finds(text: str) -> None:
    assert patterns.words_in(text) == re.findall(r"\w+", text)
