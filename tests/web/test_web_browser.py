"""`newsarchive web` in Debian's Chromium: read, toggle, compare, on a wide and a narrow screen, light and dark.

`NEWSARCHIVE_TEST_PICTURES` names a folder for pictures of the pages, such as tests/screenshots. `NEWSARCHIVE_TEST_AXE` names axe-core's
axe.min.js (`npm install axe-core`) for the accessibility half.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import webpages

pytest.importorskip("datasette", reason="the extra web is not installed")
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = Path(os.environ.get("NEWSARCHIVE_TEST_CHROMIUM", "/usr/bin/chromium"))
AXE = Path(os.environ.get("NEWSARCHIVE_TEST_AXE", "node_modules/axe-core/axe.min.js"))
PICTURES = os.environ.get("NEWSARCHIVE_TEST_PICTURES", "")
#: Milliseconds that a page and each step on it may take: far more than on a busy machine.
MAX_STEP_MILLISECONDS = 120_000
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

pytestmark = [pytest.mark.skipif(not CHROMIUM.exists(), reason=f"no browser at {CHROMIUM}"), pytest.mark.slow]

WIDTHS = {"wide": 1280, "phone": 360}
LOOKS = [(name, scheme) for name in WIDTHS for scheme in ("light", "dark")]
#: In which looks the tests go through pages: each width and each scheme once, since a scheme changes colours alone, and all of
#: them where pictures are asked for.
WALKED = LOOKS if PICTURES else [("wide", "dark"), ("phone", "light")]

#: Every kind of page.
PAGES = {
    "front": "/",
    "search": "/search?q=ferry",
    "nothing found": "/search?q=zeppelin",
    "not understood": '/search?q="open',
    "filtered": "/search?q=ferry&site=blog.example",
    "article": "/article/1",
    "thai": "/article/4",
    "arabic": "/article/5",
    "chinese": "/article/6",
    "long word": "/article/7",
    "no headline": "/article/8",
    "many authors": "/article/9",
    "hostile": "/article/10",
    "diff": "/article/1/diff",
    "compare": "/compare/2/3",
    "story": "/story/1",
    "site": "/site/blog.example",
    "stories": "/stories",
    "sites": "/sites",
    "health": "/health",
    "changes": "/changes",
    "publishers": "/publishers",
    "publisher": "/publisher?name=paper.example",
    "quarantine": "/quarantine",
    "not there": "/article/999",
    "tables": "/archive",
    "table": "/archive/sites",
    "view": "/archive/current_articles",
    "row": "/archive/articles/10",
    "question": "/archive/site-from-publisher?site=blog.example&origin_domain=paper.example",
    "sql": "/archive?sql=select+headline+from+articles",
}

#: Those that are looked at in every look, and those that axe reads: one for each template.
MOST = (
    "front",
    "search",
    "article",
    "many authors",
    "hostile",
    "diff",
    "story",
    "site",
    "health",
    "changes",
    "publisher",
    "tables",
    "view",
    "question",
)
AUDITED = (
    *(n for n in MOST if n not in ("view", "many authors")),
    "arabic",
    "not understood",
    "compare",
    "stories",
    "sites",
    "publishers",
    "quarantine",
    "table",
    "row",
    "sql",
)
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("web") / "archive.db"
    webpages.build(path).dispose()
    with webpages.serving(path, sql=True) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        try:
            opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        except sync_api.Error as error:
            pytest.skip(f"{CHROMIUM} does not start: {str(error).splitlines()[0]}")
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def windows(browser: Any, home: str) -> Iterator[dict[tuple[str, str], Any]]:
    """A page of each width and colour scheme; what each complained of is in `page.complaints`."""
    made = {look: _window(browser, home, *look) for look in LOOKS}
    yield made
    for page in made.values():
        page.context.close()


def _window(browser: Any, home: str, width: str, scheme: str) -> Any:
    size = {"width": WIDTHS[width], "height": 900}
    page = browser.new_context(base_url=home, viewport=size, color_scheme=scheme).new_page()
    page.set_default_timeout(MAX_STEP_MILLISECONDS)
    page.complaints = []
    page.on("dialog", lambda dialog: (page.complaints.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on(
        "console", lambda message: page.complaints.append(message.text) if message.type == "error" else None
    )
    page.on(
        "request",
        lambda request: None if request.url.startswith(home) else page.complaints.append(request.url),
    )
    return page


@pytest.fixture
def page(windows: dict[tuple[str, str], Any]) -> Any:
    wide = windows["wide", "light"]
    wide.complaints.clear()
    return wide


def shown(page: Any, selector: str) -> list[str]:
    """The visible texts of the elements."""
    return [found.inner_text() for found in page.query_selector_all(selector) if found.is_visible()]


def follow(page: Any, selector: str) -> None:
    """Click what leads to another page, and wait until that page has loaded: a click alone may return before."""
    with page.expect_navigation():
        page.click(selector)


# -- reading ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("look", WALKED, ids="-".join)
def test_a_reader_searches_reads_toggles_repairs_and_follows_the_story(windows: dict[tuple[str, str], Any], look: tuple[str, str]) -> None:  # fmt: skip
    page = windows[look]
    page.goto("/")
    page.fill("#q", "helicopter")
    page.press("#q", "Enter")
    assert page.inner_text("mark") == "helicopter"
    follow(page, "text=The islands’ last ferry has left")
    assert page.inner_text("h1") == "The islands’ last ferry has left"
    assert shown(page, ".before") == []
    assert "Subscribe to our newsletter!" not in page.inner_text("article")

    page.check("#view-found")
    assert page.inner_text("h1") == "The islands&#8217; last ferry has left"
    assert "â€œWe knew that it would end,â€ said" in page.inner_text("article")
    page.check("#view-marked")
    assert shown(page, ".lines .before") == ["â€œ", "â€"]
    assert shown(page, ".lines .after") == ["“", "”"]
    page.check("#view-dropped")
    whole = page.inner_text("article")
    assert (
        whole.index("Home | News")
        < whole.index("The last ferry")
        < whole.index("Subscribe to our")
        < whole.index("Islanders")
    )
    picture(page, "article with everything", look)
    page.check("#view-clean")
    page.uncheck("#view-dropped")
    assert "“We knew that it would end,” said" in page.inner_text("article")
    assert "Subscribe to our newsletter!" not in page.inner_text("article")

    page.click("#repairs summary")
    assert "cp1252\t18.2" in page.inner_text("#repairs")
    page.click("#dropped summary")
    assert "phrase: subscribe" in page.inner_text("#dropped")
    follow(page, "text=Version 2: what changed")
    assert shown(page, ".diff ins") == ["-one"]
    assert shown(page, ".diff del") == [webpages.STORY[5]]
    assert webpages.STORY[3] not in page.inner_text(".diff")  # what is the same is folded
    colours = page.eval_on_selector_all(
        ".diff ins, .diff del", "all => all.map(e => getComputedStyle(e).backgroundColor)"
    )
    assert len(set(colours)) == 2
    page.go_back()
    follow(page, "text=The whole story")
    assert shown(page, ".timeline .name") == [
        "Last ferry to the outer islands",
        "The islands’ last ferry has left",
        "Ferry line closes",
    ]
    page.click(".timeline > li:nth-child(3) summary")
    assert "We say: a loss for all of us." in shown(page, ".timeline ins")
    picture(page, "story opened", look)
    follow(page, ".timeline >> text=mirror.example")
    assert page.inner_text("h1") == "mirror.example"
    assert page.complaints == []


def test_right_to_left_text_runs_right_to_left(page: Any) -> None:
    page.goto("/article/5")
    assert page.eval_on_selector("h1", "e => getComputedStyle(e).direction") == "rtl"
    assert page.eval_on_selector(".clean p", "e => getComputedStyle(e).direction") == "rtl"
    assert page.get_attribute(".clean", "lang") == "ar"
    page.goto("/search?q=العبارة")
    assert page.eval_on_selector(".snippet", "e => getComputedStyle(e).direction") == "rtl"


def test_everything_works_without_javascript(browser: Any, home: str) -> None:
    context = browser.new_context(base_url=home, java_script_enabled=False)
    page = context.new_page()
    page.goto("/article/1")
    page.click("text=As on the page")
    assert page.inner_text("h1") == "The islands&#8217; last ferry has left"
    page.click("#dropped summary")
    assert page.is_visible("#dropped table")
    context.close()


def test_the_first_tab_stop_skips_to_the_text(page: Any) -> None:
    page.goto("/article/1")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the text"
    assert page.evaluate("document.activeElement.getBoundingClientRect().height") > 10


def test_datasette_answers_a_form_and_its_own_sql(page: Any) -> None:
    page.goto("/archive")
    follow(page, "text=What one site takes from one publisher")
    page.fill("[name=site]", "blog.example")
    page.fill("[name=origin_domain]", "paper.example")
    follow(page, "text=Run")
    assert "The islands’ last ferry has left" in page.inner_text("table")
    follow(page, "text=Change the SQL")
    page.fill("#sql-editor", "select count(*) as n from articles")
    follow(page, "text=Run")
    assert re.search(r"\b56\b", page.inner_text("table"))
    page.goto("/archive/current_articles")
    follow(page, "tbody tr:first-child td:first-child a")
    assert page.url.endswith("/article/1")
    assert page.complaints == []


def test_j_and_k_go_through_entries_and_articles_where_the_script_was_asked_for(
    browser: Any, tmp_path: Path
) -> None:
    path = tmp_path / "archive.db"
    webpages.build(path).dispose()
    with webpages.serving(path, keys=True) as address:
        context = browser.new_context(base_url=address)
        page = context.new_page()
        page.set_default_timeout(MAX_STEP_MILLISECONDS)
        page.goto("/search?order=date")
        first, second = (page.locator(".hits h3 a").nth(n).inner_text() for n in (0, 1))
        for key, wanted in (("j", first), ("j", second), ("k", first)):
            page.keyboard.press(key)
            assert page.evaluate("document.activeElement.innerText") == wanted
        page.keyboard.press("Enter")
        page.wait_for_url("**/article/*")
        page.keyboard.press("k")
        page.wait_for_url(lambda url: not url.endswith(first) and "/article/" in url)
        page.goto("/article/1")
        page.evaluate(
            "const s = document.createElement('script'); s.textContent = 'window.hacked=1'; document.body.append(s)"
        )
        assert page.evaluate("typeof window.hacked") == "undefined"
        context.close()


# -- how it looks ----------------------------------------------------------------------------------


def picture(page: Any, name: str, look: tuple[str, str]) -> None:
    """A picture for people, where they asked for one: it takes longer than the page."""
    if PICTURES:
        Path(PICTURES).mkdir(exist_ok=True)
        path = Path(PICTURES) / f"{name.replace(' ', '-')}-{'-'.join(look)}.png"
        page.screenshot(path=str(path), full_page=True)


@pytest.mark.parametrize("look", WALKED, ids="-".join)
def test_no_page_is_wider_than_the_screen(windows: dict[tuple[str, str], Any], look: tuple[str, str]) -> None:
    """Every page on the narrow screen; in other looks those that show the most."""
    page = windows[look]
    for name, path in PAGES.items():
        if look == ("phone", "light") or name in MOST:
            page.goto(path)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= WIDTHS[look[0]], f"{name}: {wide}"
            picture(page, name, look)


def test_dark_follows_the_systems_setting(windows: dict[tuple[str, str], Any]) -> None:
    def brightness(scheme: str) -> int:
        page = windows["phone", scheme]
        page.goto("/article/1")
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in re.findall(r"\d+", colour)[:3])

    assert brightness("dark") < 120 < 600 < brightness("light")


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.exists():
        pytest.skip(f"no axe-core at {AXE}: npm install axe-core, or set NEWSARCHIVE_TEST_AXE")
    return AXE.read_text("utf-8")


@pytest.mark.parametrize("look", [("phone", "light"), ("wide", "dark")], ids="-".join)
def test_axe_finds_no_serious_fault(
    windows: dict[tuple[str, str], Any], axe: str, look: tuple[str, str]
) -> None:
    """All rules in light; in dark those on colour, since nothing else differs."""
    page, faults = windows[look], {}
    what = "{resultTypes: ['violations']" + (", runOnly: ['color-contrast']}" if look[1] == "dark" else "}")
    for name in AUDITED:
        page.goto(PAGES[name])
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        page.evaluate(
            "document.querySelectorAll('#view-marked, #view-dropped').forEach(b => b.checked = true)"
        )
        page.evaluate(axe)
        found = page.evaluate(f"axe.run({what})")["violations"]
        bad = [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in SERIOUS]
        if bad:
            faults[name] = bad
    assert faults == {}


def test_axe_would_find_a_fault(page: Any, axe: str) -> None:
    page.goto("/article/999")
    page.evaluate("document.querySelector('main').innerHTML += '<input><a href=/></a>'")
    page.evaluate(axe)
    found = {v["id"] for v in page.evaluate("axe.run()")["violations"] if v["impact"] in SERIOUS}
    assert {"label", "link-name"} <= found


# -- hostile text ----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/search?q=hacked", "/article/10", "/article/10/diff", "/site/evil.example", "/site/blog.example", "/archive/articles", "/archive/articles/10", "/archive/dropped_text", "/archive/edits", "/archive/article_origins", "/archive/authors", "/archive/site_blocks"])  # fmt: skip
def test_stored_text_never_runs(page: Any, path: str) -> None:
    page.goto(path)
    for box in page.query_selector_all("#view-marked, #view-dropped"):
        box.check()
    for summary in page.query_selector_all("summary"):
        if summary.is_visible():
            summary.click()
    page.wait_for_timeout(50)
    assert page.evaluate("typeof window.hacked") == "undefined"
    assert (
        page.evaluate(
            "document.querySelectorAll(`script:not([type='application/ld+json']), iframe, object, main img, main svg [onload]`).length"
        )
        == 0
    )
    links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.protocol)")
    assert set(links) <= {"http:", "https:"}
    assert "window.hacked=1</script>" in page.inner_text("main")
    assert page.complaints == []


def test_the_policy_stops_a_script_that_slipped_through(page: Any) -> None:
    """Even markup put into the page by hand does not run: escaping is not the only guard."""
    page.goto("/article/10")
    attack = (
        "<img src=x onerror='window.hacked=1'><iframe srcdoc='<script>parent.hacked=1</script>'></iframe>"
    )
    page.evaluate("html => document.querySelector('main').insertAdjacentHTML('beforeend', html)", attack)
    page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.hacked=1'; document.body.append(s)"
    )
    while not any("Content Security Policy" in complaint for complaint in page.complaints):
        page.wait_for_event("console")
    page.wait_for_timeout(150)
    assert page.evaluate("typeof window.hacked") == "undefined"
