"""The first look at a post's page says what the single signs say."""

from __future__ import annotations

import pickle

import pytest

from newsarchive import rules
from newsarchive.core.discovery import page_kind, pagination, rights, shown
from newsarchive.core.discovery.page_kind import FirstLook, LookAt, first_look
from newsarchive.core.discovery.shown import Shown
from newsarchive.core.text.words import count_words
from newsarchive.items import DropReason

URL = "https://blog.example/2025/04/a-post/"
TEXT = (
    "<p>The council agreed on Tuesday to repair the old bridge over the river before the winter comes.</p>"
    * 6
)
PARTS = f'<html><body><article>{TEXT}<a href="{URL}2/">2</a><a href="{URL}3/">3</a></article></body></html>'
UNLINKED = (
    '<html><head><meta name="generator" content="WordPress 6.5"></head><body class="single-post postid-12">'
    f'<article><div class="wp-block-post-content">{TEXT}</div></article></body></html>'
)
FORBIDS = f'<html><head><meta name="robots" content="noarchive"></head><body><article>{TEXT}</article></body></html>'
LOGIN = '<html><head><title>Log in</title></head><body class="login wp-core-ui"><form id="loginform"><input type="password"></form></body></html>'
CASES = {
    "parts": LookAt(PARTS, URL, {}, 200),
    "unlinked": LookAt(UNLINKED, URL, {}, 200),
    "forbidden": LookAt(FORBIDS, URL, {}, 200),
    "forbidden by a header": LookAt(PARTS, URL, {"x-robots-tag": "noarchive"}, 200),
    "not asked": LookAt(FORBIDS, URL, {}, 200, asks=False),
    "blocked": LookAt("<html><body>Forbidden</body></html>", URL, {}, 403),
    "login": LookAt(LOGIN, URL, {}, 200),
    "empty": LookAt("", URL, {}, 200),
}


@pytest.mark.parametrize("page", CASES.values(), ids=CASES)
def test_it_says_what_the_signs_say(page: LookAt) -> None:
    tables = rules.default()
    seen = first_look(page, tables)
    assert seen.block == page_kind.block_reason(Shown(page.text, page.url), page.headers, page.status, tables)
    assert seen.forbidden == (rights.noarchive(page.headers, page.text) if page.asks else "")
    if not seen.block and not seen.forbidden:
        assert seen.kind == page_kind.page_kind(Shown(page.text, page.url), tables)
        assert list(seen.parts) == (pagination.page_parts(page.text, URL, URL) if page.text else [])
        assert seen.unlinked == ("" if seen.parts else pagination.unlinked_part(page.text, URL))
    assert pickle.loads(pickle.dumps(seen)) == seen


def test_the_cases_show_every_sign() -> None:
    seen = {name: first_look(page, rules.default()) for name, page in CASES.items()}
    assert seen["parts"].parts == (f"{URL}2/", f"{URL}3/")
    assert seen["forbidden"] == FirstLook(forbidden="<meta name=robots>")
    assert seen["forbidden by a header"].forbidden == "X-Robots-Tag"
    assert seen["not asked"].forbidden == ""
    assert seen["blocked"].block == "http 403"
    assert seen["login"].kind.reason == DropReason.LOGIN_PAGE


def test_paragraphs_are_counted_until_there_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    monkeypatch.setattr(shown, "count_words", lambda text: counted.append(text) or count_words(text))
    page = Shown("<p>It rained on Tuesday.</p>" * 5000, URL)
    assert not page.says_less_than(10)
    assert not page.says_less_than(20)
    assert len(counted) == 5
    assert page.words == 20_000
    assert not page.says_less_than(20_000)
    assert page.says_less_than(20_001)
