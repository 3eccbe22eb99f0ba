"""Addresses of translators: the page behind them is the original, whoever shows it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from newsarchive.core.origin.backlinks import _languages
from newsarchive.core.origin.step import origin_step
from newsarchive.core.origin.translators import original_address
from newsarchive.items import Article, Block, Candidate
from newsarchive.rules import default
from tests.core.origin.test_origin import load

ORIGINAL = "https://heron.example/2025/04/bridge/"
IN_PARAMETER = quote(ORIGINAL, safe="")
OWN = "https://blog.example/bruecke/"

#: Addresses under which translators show the page, as browsers and copied links have them.
SHOWN = {
    "Google": "https://heron-example.translate.goog/2025/04/bridge/?_x_tr_sl=en&_x_tr_tl=de&_x_tr_hl=de&_x_tr_pto=wapp",
    "Google, typed": f"https://translate.google.com/translate?hl=de&sl=en&tl=de&u={IN_PARAMETER}&prev=search",
    "Google, of a country": f"http://translate.google.com.hk/translate?sl=en&tl=zh-CN&u={IN_PARAMETER}",
    "Google, before 2021": f"https://translate.googleusercontent.com/translate_c?depth=1&rurl=translate.google.de&sl=en&tl=de&u={ORIGINAL}&usg=ALk",
    "Yandex": "https://translated.turbopages.org/proxy_u/en-ru.ru.0cf75010-6417cf01-74722d776562/https/heron.example/2025/04/bridge/",
    "Yandex, typed": f"https://translate.yandex.ru/translate?url={IN_PARAMETER}&lang=en-ru",
    "Bing": f"http://www.microsofttranslator.com/bv.aspx?from=en&to=de&a={IN_PARAMETER}",
    "Papago": f"https://papago.naver.net/website?locale=ko&source=en&target=ko&url={IN_PARAMETER}",
    "Baidu": f"https://fanyi.baidu.com/transpage?query={IN_PARAMETER}&from=en&to=zh",
    "Babel Fish": f"http://babelfish.yahoo.com/translate_url?doit=done&trurl={IN_PARAMETER}&lp=en_de",
}


@pytest.mark.parametrize("url", SHOWN.values(), ids=SHOWN)
def test_the_page_behind_an_address(url: str) -> None:
    assert original_address(url, default()) == ORIGINAL


@pytest.mark.parametrize(
    ("url", "original"),
    [
        ("https://my--heron-co-uk.translate.goog/a-b/?p=2&_x_tr_sl=en", "https://my-heron.co.uk/a-b/?p=2"),
        ("https://heron-example.translate.goog/1?_x_tr_sch=http&_x_tr_sl=en", "http://heron.example/1"),
        ("https://z5h64q92x9.net/proxy_u/en-ru.ru/http/heron.example/1?p=2", "http://heron.example/1?p=2"),
    ],
)
def test_parts_of_such_an_address(url: str, original: str) -> None:
    assert original_address(url, default()) == original


@pytest.mark.parametrize(
    "url",
    [
        ORIGINAL,
        "",
        "https://translate.google.com/?sl=en&tl=de&op=translate",
        "https://www.google.com/search?q=https%3A%2F%2Fheron.example%2F",
        f"https://translator.example/?u={IN_PARAMETER}",
        f"https://translate.google.heron.example/?u={IN_PARAMETER}",
        "https://heron.example/translate.goog/",
        f"https://heron.example/share?u={SHOWN['Google']}",
        "https://-.translate.goog/",
        "https://translated.turbopages.org/proxy_u/",
    ],
)
def test_other_addresses_stay(url: str) -> None:
    assert original_address(url, default()) == url


def article(*blocks: Block, candidates: tuple[Candidate, ...] = ()) -> Article:
    body = [
        Block(f"Die alte Brücke über die Bucht ist seit Dienstag wieder offen, {n} Jahre danach.")
        for n in (3, 4, 5)
    ]
    return Article(url=OWN, publisher="Blog", candidates=candidates).with_blocks((*body, *blocks))


@pytest.mark.parametrize("url", SHOWN.values(), ids=SHOWN)
@pytest.mark.parametrize("text", ["Quelle: The Heron", "Source link", "Quelle: {url}"])
def test_a_credit_through_a_translator(text: str, url: str) -> None:
    link = (text.partition(": ")[2].format(url=url) or text, url)
    origin = origin_step(
        article(Block(text.format(url=url), label="attribution", links=(link,))), default()
    ).origin
    assert origin is not None
    assert (origin.domain, origin.url) == ("heron.example", ORIGINAL)


def test_a_translation_of_the_page_itself_is_no_original() -> None:
    shown = f"https://translate.google.com/translate?sl=de&tl=en&u={quote(OWN, safe='')}"
    block = Block("Source link", label="attribution", links=(("Source link", shown),))
    assert origin_step(article(block), default()).origin is None


def test_the_page_names_the_one_that_a_machine_translated() -> None:
    candidate = Candidate("is_based_on", ORIGINAL, "link", chosen=True)
    origin = origin_step(article(candidates=(candidate,)), default()).origin
    assert origin is not None
    assert (origin.domain, origin.url) == ("heron.example", ORIGINAL)


@pytest.mark.parametrize("case", load("originals.json"))
def test_a_link_to_the_original_in_its_language(case: dict[str, Any]) -> None:
    """A label of a link in 40 languages. `link` is the text of the link where that is only a part of the line."""
    block = Block(case["text"], label="attribution", links=((case.get("link", case["text"]), ORIGINAL),))
    origin = origin_step(article(block), default()).origin
    assert (origin is not None and origin.url == ORIGINAL) is case.get("is_original", True)


def test_the_names_of_languages_make_one_expression_in_every_process() -> None:
    """What is compiled is kept by its text: in the order of a set, each crawl compiled and kept it anew."""
    keys = _languages(default()).pattern.split("|")
    assert keys == sorted(keys, key=lambda key: (-len(key), key))


def test_half_a_character_in_an_address_is_no_fault():
    shown = original_address("https://heron-example.translate.goog/1?q=\ud83d&_x_tr_tl=de", default())
    assert shown == "https://heron.example/1?q=%3F"
