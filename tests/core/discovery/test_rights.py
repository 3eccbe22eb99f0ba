"""What a site says of the use of a page, by the specifications that `core.discovery.rights` names."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive.core.discovery import rights
from newsarchive.core.discovery.rights import of_answer, of_site, preferences
from newsarchive.items import Rights, rights_from
from newsarchive.rules import default

RULES = default()
URL = "https://blog.example/news/2025/post.html"
#: The example of draft-ietf-aipref-attach, section 3.4, with a group for crawlers of training data.
ROBOTS = """\
User-Agent: *
Allow: /
Disallow: /never/
Content-Usage: train-ai=n
Content-Usage: /ai-ok/ train-ai=y

User-Agent: ExampleBot
Allow: /
Content-Usage: train-ai=y

User-agent: GPTBot
User-agent: ccbot
Disallow: /news/
Disallow: /x  # not this one
"""


def page(head: str, body: str = "<p>A text.") -> str:
    return f"<!DOCTYPE html><html><head>{head}</head><body>{body}</body></html>"


def said(headers: dict[str, str] | None = None, html: str = "") -> Rights:
    return of_answer(headers or {}, html, URL, RULES)


def site(robots: str = "", tdmrep: str = "", url: str = URL, agent: str = "newsarchive") -> Rights:
    return of_site(robots, tdmrep, url, agent, RULES)


@pytest.mark.parametrize(
    ("headers", "html", "wanted"),
    [
        ({}, page("<title>x</title>"), Rights()),
        ({"tdm-reservation": "1", "tdm-policy": "https://paper.example/p.json"}, "",
         Rights(tdm=("header: 1 https://paper.example/p.json",), reservations=("TDMRep header",))),
        ({"tdm-reservation": "0"}, "", Rights(tdm=("header: 0",))),
        ({"tdm-reservation": "yes"}, "", Rights()),
        ({}, page('<meta name="tdm-reservation" content="1"><meta name="tdm-policy" content="/p">'),
         Rights(tdm=("meta: 1 /p",), reservations=("TDMRep meta",))),
        ({"x-robots-tag": "noai, noimageai"}, "",
         Rights(directives=("X-Robots-Tag: noai, noimageai",), reservations=("X-Robots-Tag noai",))),
        ({}, page('<META NAME="Robots" CONTENT="NoIndex,nofollow">'), Rights(directives=("meta robots: noindex, nofollow",))),
        ({"content-usage": "train-ai=n, search=y"}, "",
         Rights(content_usage=("header: train-ai=n, search=y",), reservations=("Content-Usage header",))),
        ({"tdm-reservation": "1, 1"}, "", Rights(tdm=("header: 1",), reservations=("TDMRep header",))),
        ({"tdm-reservation": "0, 1"}, "", Rights(tdm=("header: 1",), reservations=("TDMRep header",))),
        ({"tdm-reservation": "0, 0"}, "", Rights(tdm=("header: 0",))),
        ({"tdm-reservation": "yes, 10"}, "", Rights()),
        ({"link": '<https://x.example/l>; rel="LICENSE"'}, "", Rights(licences=("https://x.example/l",))),
        ({"content-usage": "search=n"}, "", Rights(content_usage=("header: search=n",))),
        ({"content-usage": "train-ai=n ???"}, "", Rights(content_usage=("header: train-ai=n ???",))),
        ({}, page("", '<a rel="license nofollow" href="https://creativecommons.org/licenses/by/4.0/">CC</a>'),
         Rights(licences=("https://creativecommons.org/licenses/by/4.0/",))),
        ({}, page('<link rel="license" href="/terms">'), Rights(licences=("https://blog.example/terms",))),
        ({}, page('<base href="https://blog.example/"><link rel="license" href="terms">'), Rights(licences=("https://blog.example/terms",))),
        ({"link": '</a>; rel="next", <https://x.example/l>; rel="license"'}, "", Rights(licences=("https://x.example/l",))),
        ({}, page('<script type="application/ld+json">{"@graph":[{"@type":"NewsArticle","license":{"@id":"https://l.example/"}},'
                  '{"@type":"ImageObject","license":"https://picture.example/"}]}</script>'), Rights(licences=("https://l.example/",))),
        ({}, page('<script type="application/ld+json">[{"@type":{"@id":"NewsArticle"},"license":"https://no.example/"},'
                  '{"@type":[["NewsArticle"],"Article"],"license":"https://l.example/"}]</script>'), Rights(licences=("https://l.example/",))),
        ({}, page('<script type="application/ld+json">{"license": </script>'), Rights()),
    ],
)  # fmt: skip
def test_an_answer_says_of_its_use(headers: dict[str, str], html: str, wanted: Rights) -> None:
    assert said(headers, html) == wanted


@pytest.mark.parametrize(
    ("path", "agent", "refused", "usage"),
    [
        ("/news/a", "newsarchive", ("CCBot", "GPTBot"), "train-ai=n"),
        ("/other", "newsarchive", (), "train-ai=n"),
        ("/ai-ok/a", "newsarchive", (), "train-ai=y"),
        ("/ai-ok/a", "examplebot", (), "train-ai=y"),
    ],
)
def test_robots_txt_says_of_a_page(path: str, agent: str, refused: tuple[str, ...], usage: str) -> None:
    found = site(ROBOTS, url=f"https://blog.example{path}", agent=agent)
    assert (found.refused_agents, found.content_usage) == (refused, (f"robots.txt: {usage}",))
    assert ("robots.txt" in found.reservations, "Content-Usage robots.txt" in found.reservations) == (
        bool(refused),
        usage == "train-ai=n",
    )


@pytest.mark.parametrize("name", ["GPTBot", "gptbot/1.1", "GPTBot/2.0 # of OpenAI"])
def test_a_crawler_may_be_named_with_its_version(name: str) -> None:
    robots = f"User-agent: {name}\nDisallow: /news/\n"
    assert site(robots, url="https://blog.example/news/a").refused_agents == ("GPTBot",)
    assert site(robots, url="https://blog.example/other").refused_agents == ()


def test_a_robots_txt_for_ordinary_crawlers_says_nothing() -> None:
    assert site("User-agent: *\nDisallow: /admin/\nSitemap: https://blog.example/s.xml\n") == Rights()


def test_a_tdmrep_json_is_taken_apart_once_and_a_file_of_megabytes_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = []
    monkeypatch.setattr(
        rights, "loads", lambda text: read.append(text) or [{"location": "/", "tdm-reservation": 1}]
    )
    assert {site(tdmrep="[a file]", url=f"{URL}?p={number}").tdm_reserved for number in range(100)} == {True}
    assert read == ["[a file]"]
    assert site(tdmrep="[" + " " * rights.MAX_TDMREP_CHARACTERS + "]") == Rights()
    assert read == ["[a file]"]


@pytest.mark.parametrize(
    ("rules", "wanted"),
    [
        ([{"location": "/", "tdm-reservation": 1}], "tdmrep.json: 1"),
        ([{"location": "/news/*.html$", "tdm-reservation": 0}, {"location": "/", "tdm-reservation": 1}], "tdmrep.json: 0"),
        ([{"location": "/images/*", "tdm-reservation": 1}], ""),
        ([{"location": "/news", "tdm-reservation": 1, "tdm-policy": "https://p.example/"}], "tdmrep.json: 1 https://p.example/"),
        ([{"location": "/", "tdm-reservation": 1, "tdm-policy": "https://p.example/\ud83d"}], "tdmrep.json: 1 https://p.example/\ufffd"),
        ([{"location": 7}, 8, None, {"tdm-reservation": 1}], ""),
        ({"location": "/", "tdm-reservation": 1}, "tdmrep.json: 1"),
        ([{"location": "/", "tdm-reservation": [1]}], ""),
    ],
)  # fmt: skip
def test_the_first_rule_of_tdmrep_json_that_matches_counts(rules: object, wanted: str) -> None:
    assert site(tdmrep=json.dumps(rules)).tdm == ((wanted,) if wanted else ())


@pytest.mark.parametrize("file", ["", "<html>", "[", "[[" * 5000, "null"])
def test_a_file_that_is_no_list_of_rules_says_nothing(file: str) -> None:
    assert site(tdmrep=file) == Rights()


def test_a_reservation_in_one_place_is_not_overlooked() -> None:
    both = site(tdmrep='[{"location":"/","tdm-reservation":0}]') + said({"tdm-reservation": "1"})
    assert both.tdm == ("tdmrep.json: 0", "header: 1")
    assert both.tdm_reserved is True
    assert said({"tdm-reservation": "0"}).tdm_reserved is False
    assert said({"x-robots-tag": "noindex"}).tdm_reserved is None


@given(st.text(max_size=200))
def test_preferences_of_any_text_are_tokens_or_nothing(text: str) -> None:
    assert all(key and value for key, value in preferences(text).items())


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=100))
def test_any_words_are_kept_as_json_and_come_back(robots: str, html: str, header: str) -> None:
    names = ("tdm-reservation", "tdm-policy", "x-robots-tag", "content-usage", "link")
    found = site(robots, html) + said(dict.fromkeys(names, header), html)
    assert (rights_from(json.loads(json.dumps(found.as_json()))) or Rights()) == found
