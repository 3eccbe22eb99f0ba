"""What of a page's markup is text, how white space is folded, and which addresses are kept."""

from __future__ import annotations

import pytest

from newsarchive.core.html.markup import (
    BREAK,
    absolute,
    escape,
    fold,
    in_embedded_post,
    is_blank,
    is_cell,
    same_table,
    trim,
)

FOLDED = {
    "white space of the source": ("  The ferry\n\t came  back. ", "The ferry came back."),
    "a line break": (f"One {BREAK} two", "One\ntwo"),
    "line breaks at both ends": (f"{BREAK}One{BREAK}", "One"),
    "a line break beside letters beyond ASCII": (f"Süd {BREAK} Nord", "Süd\nNord"),
    "an empty line": (f"One{BREAK}{BREAK}two", "One\n\ntwo"),
    "no-break spaces inside, which stay": ("5\xa0km  weit, später", "5\xa0km weit, später"),
    "no-break and ideographic spaces at the ends": ("\xa0\u3000東京\u3000", "東京"),
    "a soft hyphen inside a word": ("Süd\xadtirol", "Südtirol"),
    "a soft hyphen that is a byte of mojibake": ("Ã\xadndice", "Ã\xadndice"),
    "a byte order mark inside a word": ("ch\ufeffarging", "charging"),
    "zero-width spaces inside and behind words": (
        "har\u200b\u200bbour\u2060 town\u200b \u200b",
        "harbour town",
    ),
    "zero-width spaces that part words, which stay": ("ไทย\u200b\u200bแลนด์", "ไทย\u200b\u200bแลนด์"),
    "a zero-width space beside a script that parts words so": ("ไทย\u200bA\u200bไทย", "ไทยAไทย"),
    "separators of lines and paragraphs": ("Süd\u2028\u2029Nord", "Süd Nord"),
    "a no-break space that belongs to mojibake": ("5 kmÂ\xa0", "5 kmÂ\xa0"),
}


@pytest.mark.parametrize(("text", "folded"), FOLDED.values(), ids=FOLDED)
def test_white_space_is_folded_as_a_browser_does(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded.replace("\n", BREAK)) == folded


def test_only_the_ends_are_trimmed() -> None:
    assert trim("\xa0 a  b\u3000\n") == "a  b"
    assert trim("Â\xa0") == "Â\xa0"
    assert trim("Â ") == "Â"


@pytest.mark.parametrize(
    ("text", "blank"),
    [("", True), ("\u200b\ufeff", True), ("\xa0\u3000", True), ("\u200e\u200f\xad", True), ("\u200b.", False),
     ("é", False), ("\u200b" * 40, False)],
    ids=["empty", "zero width", "wide spaces", "marks of direction", "a full stop", "a letter", "too long to look at"],
)  # fmt: skip
def test_a_text_of_invisible_characters_is_blank(text: str, blank: bool) -> None:
    assert is_blank(text) is blank


BASE = "https://blog.example/2025/a-story?page=2"
ADDRESSES = {
    "an address with its scheme": (" http://other.example/x ", "http://other.example/x"),
    "one below the host": ("/about", "https://blog.example/about"),
    "one beside the page": ("next", "https://blog.example/2025/next"),
    "one above it": ("../2024/", "https://blog.example/2024/"),
    "a query of the same page": ("?page=3", "https://blog.example/2025/a-story?page=3"),
    "the scheme of the page": ("//cdn.example/i.png", "https://cdn.example/i.png"),
    "a place on the page": ("#top", ""),
    "nothing": ("  ", ""),
    "a script": ("javascript:void(0)", ""),
    "mail": ("mailto:ann@blog.example", ""),
    "what cannot be read": ("x://[half", ""),
}


@pytest.mark.parametrize(("href", "url"), ADDRESSES.values(), ids=ADDRESSES)
def test_addresses_of_the_web_are_made_absolute_and_others_dropped(href: str, url: str) -> None:
    assert absolute(BASE, href) == url


@pytest.mark.parametrize(
    ("path", "embedded"),
    [
        ("html/body/article/blockquote.twitter-tweet/p", True),
        ("html/body/div.fb-post", True),
        ("html/body/article/blockquote.instagram-media/div/p", True),
        ("html/body/article/blockquote/p", False),
        ("html/body/article/p.twitter-link", False),
    ],
)
def test_posts_of_networks_are_told_by_the_element_that_their_script_fills(path: str, embedded: bool) -> None:
    assert in_embedded_post(path) is embedded


def test_text_becomes_content_of_html() -> None:
    assert escape('5 < 6 & "7" > 2') == '5 &lt; 6 &amp; "7" &gt; 2'
    assert escape("plain") == "plain"


def test_cells_and_rows_of_tables() -> None:
    assert [is_cell(html) for html in ("<td>a</td>", "<th>a</th>", "<tr>", "a <td>")] == [
        True,
        True,
        False,
        False,
    ]
    first, second = 3 * 100_000, 4 * 100_000
    assert same_table(first, first + 99_999)
    assert not same_table(first, second)
