"""What is no article is told apart, with a reason; articles that look a little like it are kept."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsarchive import rules
from newsarchive.core.discovery import page_kind
from newsarchive.core.discovery.shown import Shown
from newsarchive.items import DropReason

RULES = rules.default()
CASES = json.loads(
    (Path(__file__).parents[2] / "cases/discovery/page-kinds.json").read_text(encoding="utf-8")
)

#: Enough text to be an article: 200 words.
LONG = (
    "<p>"
    + "</p><p>".join(
        ["The farmers of the north cut the rice by hand before the rain comes down from the hills."] * 12
    )
    + "</p>"
)


@pytest.mark.parametrize("case", [pytest.param(c, id=c["label"]) for c in CASES])
def test_kind(case):
    kind = page_kind.page_kind(Shown(case["html"].replace("LONG", LONG), case["url"]), RULES)
    assert kind.reason == case["reason"], kind.detail
    assert bool(kind.detail) == bool(kind.reason)


def test_reasons_are_those_that_runs_count():
    assert {case["reason"] for case in CASES} - {""} <= set(DropReason)


@pytest.mark.parametrize(
    ("page", "headers", "status", "reason"),
    [
        ("<title>Just a moment...</title><script src=/cdn-cgi/challenge-platform/x.js></script>", {}, 403, "challenge"),
        ("<title>Just a moment...</title>", {}, 200, "challenge"),
        ("", {"cf-mitigated": "challenge"}, 403, "challenge"),
        ("<title>blog.example</title><div class=px-captcha></div>", {}, 403, "captcha"),
        ("<title>Access Denied</title><h1>Access Denied</h1>", {}, 200, "challenge"),
        ("<p>Forbidden</p>", {}, 403, "http 403"),
        ("<p>Log in first</p>", {}, 401, "http 401"),
        ("<title>Not found</title>", {}, 404, ""),
        ("<title>Rice</title><div class=g-recaptcha></div>" + LONG, {}, 200, ""),
        ("<title>Access denied: how the north lost its road</title>" + LONG, {}, 200, ""),
        ("<title>Oops</title>", {}, 503, ""),
        ("<title>A story - A blog</title><h1>A story</h1><p>Please verify you are human to go on.</p><div class=x></div>", {}, 200, "captcha"),
        ("<title>A blog</title><p>Our systems have detected unusual traffic from your network.</p>", {}, 429, "captcha"),
        ("<title>Блог</title><p>Подтвердите, что вы не робот.</p>", {}, 200, "captcha"),
        ("<title>博客</title><p>请完成安全验证后继续访问</p>", {}, 200, "captcha"),
        ("<title>アクセス確認</title><p>ロボットではないことを確認してください。</p>", {}, 200, "captcha"),
        ("<title>보안 확인</title><p>로봇이 아님을 확인해 주세요.</p>", {}, 200, "captcha"),
        ("<title>Un momento</title><p>Verifique que es un ser humano.</p>", {}, 200, "captcha"),
        ("<title>تحقق</title><p>يرجى التحقق من أنك لست روبوتا.</p>", {}, 200, "captcha"),
        ("<title>A blog</title><noscript>Verify you are human: enable scripts</noscript>", {}, 200, "captcha"),
        ("<title>A blog</title>" + LONG + "<p>I’m not a robot. Press and hold. Solve the captcha.</p>", {}, 200, "captcha"),
        ("<title>A blog</title><script>" + "x" * 500_000 + "</script><p>Please verify you are human.</p>", {}, 200, "captcha"),
        # A quotation in an article, a comment form below one, and a post that is not there
        ("<title>A blog</title>" + LONG + "<p>“I’m not a robot”, she told the page, which did not believe her.</p>", {}, 200, ""),
        ("<meta property='article:published_time' content='2025-04-30'><p>A site asked me to prove that I am not a bot.</p>", {}, 200, ""),
        ("<title>A blog</title><p>Robots cut the rice now, and verify what they cut.</p>", {}, 200, ""),
        ("<title>Not found</title><p>Verify you are human</p>", {}, 404, ""),
        ("<title>Captchas</title>" + LONG * 3 + "<p>I’m not a robot. Press and hold. Solve the captcha.</p>", {}, 200, ""),
    ],
)  # fmt: skip
def test_a_site_that_keeps_us_out_is_named(page, headers, status, reason):
    assert page_kind.block_reason(Shown(page, ""), headers, status, RULES) == reason


@given(st.text(max_size=300), st.sampled_from(["https://blog.example/rice", "http://127.0.0.1:8000/?a=b"]))
def test_any_text_is_a_page(text, url):
    assert page_kind.page_kind(Shown(text, url), RULES).reason in ("", *DropReason)
    page_kind.block_reason(Shown(text, ""), {}, 200, RULES)


def test_a_class_that_keeps_back_a_text_may_have_any_name():
    page = Shown("<article><p>It rains.</p><div class='big md:locked'>Subscribe</div></article>", "")
    assert page_kind._words_beside_gate(page, ("1st", "md:locked")) == 2
