"""What the frontier remembers between two looks at a post: on SQLite and on PostgreSQL."""

from __future__ import annotations

import math
import random
import string
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select, update

from newsarchive.core.discovery.revisit import MIN_GAIN
from newsarchive.core.urls import MAX_URL_CHARACTERS
from newsarchive.db.engine import reading, writing
from newsarchive.db.frontier import queue
from newsarchive.db.frontier.edit_rates import EditRates
from newsarchive.db.frontier.queue import Absence, Frontier, Known
from newsarchive.db.frontier.sites import Sites
from newsarchive.db.models import Discovery, Url
from newsarchive.db.reading import articles, finding
from newsarchive.db.readonly import Reader
from newsarchive.db.writing.store import Store
from newsarchive.items import Article, Candidate, Capture, DropReason, Link, SourceText, Validators
from tests.support.storage import START, make_article

URL = "https://blog.example/post-1"
HOUR = timedelta(hours=1)
LATER = START + HOUR / 6
DAY = timedelta(days=1)
FULL = SourceText("feed", "<p>The first words and all the others.</p>", True, "A title", "Ann Lee")


class Archive:
    """An archive with one site, minutes after its post was fetched: too early for another look by any policy."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.store = engine, Store(engine)
        self.frontier = Frontier(engine, lambda: LATER)
        self.site, self.run = (
            self.frontier.open_site("https://blog.example/"),
            self.store.start_run("news", {}),
        )

    def name(self, *links: Link, source: int | None = None) -> None:
        self.frontier.discover(self.site, self.run, links, source)

    def fetch(self, article: Article) -> None:
        self.store.ingest([article], self.run)

    @property
    def known(self) -> Known:
        [known] = self.frontier.known([URL]).values()
        return known

    @property
    def is_due(self) -> bool:
        return not self.known.rests(LATER)


@pytest.fixture
def archive(engine: Engine) -> Archive:
    return Archive(engine)


def test_a_known_site_and_its_sources_are_only_read(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No crawl of it has to wait for another that writes."""
    frontier, home, feed = archive.frontier, "https://blog.example/", "https://blog.example/feed/"
    known = frontier.source(archive.site, "feed", feed)
    assert frontier.open_site(home, "wordpress") == archive.site

    def refused(engine: Engine) -> None:
        raise AssertionError("a transaction that writes")

    with monkeypatch.context() as patched:
        patched.setattr(queue, "writing", refused)
        assert frontier.source(archive.site, "feed", feed) == known
        for platform in ("", "wordpress"):
            assert frontier.open_site(home, platform) == archive.site
    assert frontier.open_site(home, "ghost") == archive.site


def test_the_longest_address_has_room_in_every_index(archive: Archive) -> None:
    """PostgreSQL packs an entry that is too long, so the address has no part twice."""
    letters = random.Random(1).choices(string.ascii_letters, k=MAX_URL_CHARACTERS)
    url = ("https://blog.example/" + "".join(letters))[:MAX_URL_CHARACTERS]
    archive.name(Link(url, "feed"), source=archive.frontier.source(archive.site, "feed", url).id)
    archive.fetch(make_article(1, url=url, canonical_url=url, is_based_on=url))
    assert articles.get(archive.engine, url).url == url


def answer(url: str, etag: str = "", last_modified: str = "") -> Capture:
    given = {"etag": etag, "last-modified": last_modified}
    return Capture(url, b"<p>.</p>", START, url, headers={k: v for k, v in given.items() if v})


def fetched(
    *further: Capture, data: tuple[Validators, ...] = (), status: int = 200, source: str = ""
) -> Article:
    """The post as it was fetched, with an ETag: of these further pages, with the text of that source."""
    capture = replace(answer(URL, '"one"'), parts=further, data=data, status=status)
    chosen = (Candidate("article_body", "", source, chosen=True),) if source else ()
    return make_article(1, capture=capture, candidates=chosen)


@pytest.mark.parametrize(
    ("before", "now", "due"),
    [
        (START - HOUR, START - HOUR, False),  # it says what it said
        (START - HOUR, START - HOUR / 2, True),  # another time, though its clock is behind ours
        (START + HOUR, START, True),
        (START - HOUR, None, False),  # a page that names no times says nothing
        (None, START - HOUR, False),  # no listing said anything yet: our clock decides
        (None, START + HOUR, True),
        (None, None, False),
    ],
)
def test_a_post_is_due_when_a_listing_says_that_it_changed(
    archive: Archive, before: datetime | None, now: datetime | None, due: bool
) -> None:
    archive.name(Link(URL, "sitemap", lastmod=before))
    assert archive.is_due  # it is new
    archive.fetch(fetched())
    assert not archive.is_due
    for _ in range(2):  # until it is fetched, however often it is named
        archive.name(Link(URL, "sitemap", lastmod=now))
        assert archive.is_due is due
    archive.frontier.unchanged(URL)
    archive.name(Link(URL, "sitemap", lastmod=now))
    assert not archive.is_due


TWO, THREE = f"{URL}/2", f"{URL}/3"


@pytest.mark.parametrize(
    ("article", "parts"),
    [
        (fetched(), []),
        (fetched(answer(TWO, '"two"')), [Validators(TWO, '"two"')]),
        (
            fetched(answer(TWO, '"two"'), answer(THREE, "", "yesterday")),
            [Validators(TWO, '"two"'), Validators(THREE, "", "yesterday")],
        ),
        (fetched(data=(Validators(TWO, '"two"'),)), [Validators(TWO, '"two"')]),
        (fetched(answer(TWO, '"two"'), answer(THREE)), None),  # nobody can say that the third did not change
        (fetched(data=(Validators(TWO),)), None),
        (fetched(status=403, source="feed"), None),
        (fetched(source="feed"), []),
    ],
)
def test_the_validators_of_all_that_a_post_was_made_of_are_kept_or_none(
    archive: Archive, article: Article, parts: list[Validators] | None
) -> None:
    archive.name(Link(URL, "feed"))
    archive.fetch(article)
    assert archive.known.etag == ('"one"' if parts is not None else "")
    assert archive.frontier.parts(URL) == (parts or [])
    archive.fetch(make_article(1, body="Another text.", capture=answer(URL, '"new"')))
    assert archive.known.etag == '"new"'
    assert archive.frontier.parts(URL) == []


@pytest.mark.parametrize(
    ("source", "text", "again"),
    [
        ("feed", replace(FULL, html="<p>Edited.</p>"), True),
        ("feed", FULL, False),
        ("", replace(FULL, html="<p>Edited.</p>"), False),  # the text is the page's own
    ],
)
def test_a_post_that_a_source_filled_is_fetched_whole_when_the_source_says_something_else(
    archive: Archive, source: str, text: SourceText, again: bool
) -> None:
    archive.name(Link(URL, "feed", text=FULL))
    archive.fetch(fetched(source=source))
    archive.frontier.unchanged(URL)
    archive.name(Link(URL, "feed", text=text))
    assert archive.is_due is again
    assert archive.known.etag == ("" if again else '"one"')
    assert archive.known.reason == (f"text from {source}" if source else "")


def test_a_failure_does_not_hide_that_a_source_gave_the_text(archive: Archive) -> None:
    archive.name(Link(URL, "feed", text=FULL))
    archive.fetch(fetched(source="feed"))
    archive.frontier.failed(URL, "http 503")
    assert (archive.known.reason, archive.known.filled_from) == ("http 503", "feed")
    archive.frontier.unchanged(URL)
    assert (archive.known.reason, archive.known.filled_from) == ("text from feed", "feed")
    article = fetched(source="")
    assert article.capture
    archive.fetch(replace(article, capture=replace(article.capture, fetched_at=START + 2 * HOUR)))
    assert (archive.known.reason, archive.known.filled_from) == ("", "")


def test_the_detail_of_a_reason_stands_beside_it_until_the_next_answer(archive: Archive) -> None:
    archive.name(Link(URL, "feed"))
    archive.frontier.settle(URL, "skipped", DropReason.NOARCHIVE, "the meta tag robots")
    with reading(archive.engine) as connection:
        fate = finding.fate(Reader.of(connection), URL)
    assert fate is not None
    assert fate.reason == "noarchive (the meta tag robots)"
    assert archive.known.reason == DropReason.NOARCHIVE
    archive.frontier.failed(URL, "timeout")
    with reading(archive.engine) as connection:
        assert connection.execute(select(Url.reason, Url.reason_detail)).one() == ("timeout", "")


def test_who_named_a_url_is_written_down_once(archive: Archive) -> None:
    feed = archive.frontier.source(archive.site, "feed", "https://blog.example/feed/").id
    for run in range(3):
        archive.run = archive.store.start_run("news", {"run": str(run)})
        archive.name(Link(URL, "feed"), source=feed)
        archive.name(Link(URL, "home page"))
    with reading(archive.engine) as connection:
        assert connection.execute(select(func.count()).select_from(Discovery)).scalar() == 2
    assert archive.frontier.named_by(feed) == [Link(URL, "feed")]


def test_a_second_feed_that_names_a_post_in_the_same_run_is_kept_by_its_next_answer(archive: Archive) -> None:
    """One run has one row for a post and a kind of source."""
    first, second = (
        archive.frontier.source(archive.site, "feed", f"https://blog.example/{name}/").id
        for name in ("feed", "news/feed")
    )
    named = []
    for run in range(2):
        archive.run = archive.store.start_run("news", {"run": str(run)})
        for feed in (first, second):
            archive.name(Link(URL, "feed"), source=feed)
        named.append([archive.frontier.named_by(feed) for feed in (first, second)])
    assert named == [[[Link(URL, "feed")], []], [[Link(URL, "feed")], [Link(URL, "feed")]]]


def test_a_page_that_our_extractor_cannot_read_is_set_aside_after_two_tries(archive: Archive) -> None:
    archive.name(Link(URL, "feed"))
    archive.frontier.failed(URL, "timeout")
    waits = []
    for _ in range(3):
        archive.frontier.settle(URL, "skipped", DropReason.CRASHED)
        assert archive.known.next_check_at is not None
        waits.append(round((archive.known.next_check_at - START - HOUR) / DAY / 20))
    assert (archive.known.state, archive.known.reason) == ("skipped", "crashed")
    assert waits == [0, 9, 9]  # a day, then half a year, each a tenth earlier or later


def test_a_page_that_a_newer_extractor_reads_is_no_longer_set_aside(archive: Archive) -> None:
    archive.name(Link(URL, "feed"))
    archive.frontier.settle(URL, "skipped", DropReason.CRASHED)
    archive.store.ingest([replace(make_article(url=URL), capture=Capture(URL, b"<p>"))], reread=True)
    assert (archive.known.state, archive.known.reason, archive.is_due) == ("ok", "", True)


def test_a_look_by_a_clock_that_stood_in_2099_is_made_again(archive: Archive) -> None:
    archive.name(Link(URL, "feed"))
    source = archive.frontier.source(archive.site, "feed", "https://blog.example/feed/")
    wrong = Frontier(archive.engine, lambda: START.replace(year=2099))
    wrong.unchanged(URL)
    wrong.source_checked(source.id, ok=False)
    assert archive.is_due
    assert [known.url for known in archive.frontier.due()] == [URL]
    assert not archive.frontier.source(archive.site, "feed", source.url).rests(START + HOUR)
    archive.frontier.unchanged(URL)
    assert not archive.is_due


EDITED = "The words of this post after an edit by its publisher, who has changed all of it since."


def test_what_is_due_at_once_comes_before_what_is_overdue(archive: Archive) -> None:
    for number in (1, 2):
        archive.fetch(make_article(number))
    with writing(archive.engine) as connection:
        connection.execute(update(Url).where(Url.url.like("%-2")).values(next_check_at=None))
    later = Frontier(archive.engine, lambda: START + timedelta(days=400))
    assert [known.url[-1] for known in later.due()] == ["2", "1"]


def publish(archive: Archive, number: int, *, edits: int, lastmod: datetime | None) -> None:
    """A post of the site that is a month old at its first look, with an edit each day, and what the listing says at last."""
    url = f"https://blog.example/of-a-month/{number}"
    archive.name(Link(url, "feed"))
    for look in range(edits + 1):
        archive.fetch(
            make_article(url=url, body=f"{EDITED} {number} {look}", day=look, date_published=START - 30 * DAY)
        )
    archive.name(Link(url, "wp-json", lastmod=lastmod))


def test_the_edits_of_a_site_are_counted_with_those_that_its_listing_announced(archive: Archive) -> None:
    publish(archive, 1, edits=2, lastmod=START + 2 * DAY)
    publish(archive, 2, edits=1, lastmod=START - 30 * DAY)
    publish(archive, 3, edits=0, lastmod=None)
    with reading(archive.engine) as connection:
        site = EditRates().of(connection, archive.site)
    assert (site.edits, site.announced, site.announces) == (3, 1, True)
    assert site.exposure == pytest.approx(math.log(32 / 30) + math.log(31 / 30), rel=0.01)
    assert site.min_gain == MIN_GAIN


def test_what_a_list_says_of_an_address_that_leads_to_the_post_is_said_of_the_post(archive: Archive) -> None:
    """A list names `/?p=12`; the article has the address to which that leads."""
    named, url = "https://blog.example/?p=12", "https://blog.example/the-post"
    archive.name(Link(named, "feed"))
    for look in range(2):
        article = make_article(url=url, body=f"{EDITED} {look}", day=look, date_published=START - 30 * DAY)
        fetched = Capture(named, f"<p>{look}".encode(), final_url=url, fetched_at=START + look * DAY)
        archive.fetch(replace(article, capture=fetched))
    archive.name(Link(named, "wp-json", lastmod=START + DAY))
    with reading(archive.engine) as connection:
        site = EditRates().of(connection, archive.site)
    assert (site.edits, site.announced, site.announces) == (1, 1, True)


@pytest.mark.parametrize(("host", "is_gone"), [("blog.example", True), ("other.example", False)])
def test_an_address_that_led_to_a_post_says_that_it_is_gone_on_its_own_site_alone(
    archive: Archive, host: str, is_gone: bool
) -> None:
    named, url = "https://blog.example/?p=12", f"https://{host}/the-post"
    archive.name(Link(named, "feed"))
    fetched = Capture(named, b"<p>", final_url=url, fetched_at=START)
    archive.fetch(replace(make_article(url=url), capture=fetched))
    archive.frontier.missing(named, "http 410", final=True)
    assert (articles.get(archive.engine, url).gone_at is not None) == is_gone
    archive.frontier.unchanged(named)
    assert articles.get(archive.engine, url).gone_at is None


#: The hours at which looks found 404, and whether the post is gone then.
LOOKS = [
    ("twice within seconds", [0.0, 0.004], False),
    ("each hour of an evening", [0.0, *range(1, 6)], False),
    ("each hour until noon", [0.0, *range(1, 13)], True),
    ("a day later", [0.0, 21.6], True),
    ("by a clock that was ahead before", [900.0, 0.0, 1.0], False),
]


@pytest.mark.parametrize(("hours", "is_gone"), [look[1:] for look in LOOKS], ids=[look[0] for look in LOOKS])
def test_a_post_that_answers_404_for_some_hours_is_not_gone(
    engine: Engine, hours: list[float], is_gone: bool
) -> None:
    """A crawl with `--recheck`, or for the witnesses of an alarm, asks for a post again long before it is due."""
    archive = Archive(engine)
    archive.fetch(make_article(1, url=URL, canonical_url=URL))
    for hour in hours:
        frontier = Frontier(engine, lambda at=START + hour * HOUR: at)  # type: ignore[misc]
        absence = frontier.missing(URL, "http 404", final=False)
    assert (absence is Absence.GONE) == is_gone
    assert (articles.get(engine, URL).gone_at is not None) == is_gone
    if is_gone:  # and stays so when it is asked for again at once
        assert archive.known.rests(START + 50 * DAY)
        # Looks that say nothing new do not put off the next one.
        assert not archive.known.rests(START + 70 * DAY)
        assert frontier.missing(URL, "http 404", final=False) is Absence.STILL_GONE
    else:
        later = Frontier(engine, lambda: START + 2 * DAY)
        assert not archive.known.rests(START + 2 * DAY)
        assert later.missing(URL, "http 404", final=False) is Absence.GONE


def test_of_all_posts_those_that_were_looked_at_last_are_asked_for_last(archive: Archive) -> None:
    """So a `--recheck` that a bound ended goes on with the others when it is given again."""
    names = [f"https://blog.example/{name}" for name in ("first", "second", "new")]
    archive.name(*(Link(name, "sitemap") for name in names))
    for day, name in ((2, names[0]), (1, names[1])):
        archive.fetch(make_article(day, url=name, canonical_url=name, day=-day))
    archive.frontier.unchanged(names[0])
    assert [one.url for one in archive.frontier.waiting(archive.site, stored=True)] == [
        names[2],
        names[1],
        names[0],
    ]
    assert [one.url for one in archive.frontier.waiting(archive.site)] == [names[2]]


def test_an_address_that_still_leads_to_a_post_of_another_site_says_that_it_is_gone(archive: Archive) -> None:
    """A blog that moved to a domain of its own, and answers at the old addresses by leading there."""
    named, url = "https://name.blogspot.com/2020/01/post.html", "https://own.example/2020/01/post.html"
    archive.name(Link(named, "feed"))
    fetched = Capture(named, b"<p>", final_url=url, fetched_at=START)
    archive.fetch(replace(make_article(url=url), capture=fetched))
    archive.frontier.missing(named, "http 410", final=True, answered="https://own.example/nowhere")
    assert articles.get(archive.engine, url).gone_at is None
    archive.frontier.missing(named, "http 410", final=True, answered=url)
    assert articles.get(archive.engine, url).gone_at is not None
    archive.frontier.unchanged(named, url)
    assert articles.get(archive.engine, url).gone_at is None


VIEW = "https://blog.example/print/1"


def seen_as_a_view(day: int) -> Article:
    """The post as its page for printing shows it, which names the post's own address as its own."""
    capture = Capture(VIEW, f"<p>{day}".encode(), START + day * DAY, VIEW)
    return replace(make_article(url=VIEW, canonical_url=URL, body="Printed. First."), capture=capture)


@pytest.mark.parametrize("answer", ["the page", "304"])
def test_a_view_of_a_post_that_is_set_aside_is_done_and_looked_at_ever_more_rarely(
    archive: Archive, answer: str
) -> None:
    archive.name(Link(URL, "feed"), Link(VIEW, "home page"))
    archive.fetch(make_article(url=URL))
    days, waits = (0, 1, 30, 300), []
    for day in days:
        archive.frontier = Frontier(archive.engine, lambda day=day: START + day * DAY)
        if answer == "the page" or day == 0:
            archive.fetch(seen_as_a_view(day))
        else:
            archive.frontier.unchanged(VIEW)
        [known] = archive.frontier.known([VIEW]).values()
        assert (known.state, known.last_checked_at) == ("ok", START + day * DAY)
        assert known.next_check_at is not None
        waits.append((known.next_check_at - START - day * DAY) / DAY)
    assert archive.frontier.waiting(archive.site) == []
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]
    assert articles.get(archive.engine, URL).article_body == "First.\n\nSecond."


def test_the_view_of_an_old_post_is_old(archive: Archive) -> None:
    archive.name(Link(URL, "feed"), Link(VIEW, "home page"))
    published = START - 1000 * DAY
    for article in (make_article(url=URL), seen_as_a_view(0)):
        archive.fetch(replace(article, date_published=published))
    looks = archive.frontier.known([URL, VIEW]).values()
    assert all(known.next_check_at and known.next_check_at > START + 30 * DAY for known in looks)


@pytest.mark.slow
def test_a_site_that_edits_its_posts_is_looked_at_more_often(archive: Archive) -> None:
    def wait() -> timedelta:
        url = "https://blog.example/another"
        archive.fetch(make_article(url=url, body="Another post.", date_published=START - 30 * DAY))
        [known] = archive.frontier.known([url]).values()
        assert known.next_check_at is not None
        return known.next_check_at - START

    archive.name(Link("https://blog.example/another", "feed"))
    before = wait()
    for number in range(5):
        publish(archive, number, edits=4, lastmod=None)
    archive.store = Store(archive.engine)
    assert wait() < before / 2


@pytest.mark.slow
def test_a_budget_of_looks_makes_them_rarer(archive: Archive) -> None:
    for number in range(40):
        publish(archive, number, edits=0, lastmod=None)
    sites = Sites(archive.engine)
    [site] = [site for site in sites.all() if site.domain == "blog.example"]
    sites.configure(site, {"looks_a_day": 0.5})
    with reading(archive.engine) as connection:
        assert EditRates().of(connection, archive.site).min_gain > 2 * MIN_GAIN


#: Which of twelve posts of as many days a feed names now, and which it has lost; the oldest was never in it.
LOSSES = [
    ("all", set(range(2, 13)), set()),
    ("the newest ones", {6, 7, 8, 9, 10, 11, 12}, set()),  # a feed names its newest posts alone
    ("one lost", {2, 3, 4, 6, 7, 8, 9, 10, 11, 12}, {5}),
    ("three lost", {2, 4, 6, 8, 9, 10, 11, 12}, {3, 5, 7}),
    ("an old post and the newest", {2, 8, 9, 10, 11, 12}, set()),
    ("too few to tell", {6, 7, 9, 10}, set()),
]


@pytest.mark.parametrize(("named", "lost"), [case[1:] for case in LOSSES], ids=[case[0] for case in LOSSES])
def test_a_post_that_its_feed_names_no_longer_is_looked_at(
    archive: Archive, named: set[int], lost: set[int]
) -> None:
    links = {
        day: Link(f"https://blog.example/post-{day}", "feed", published=START + (day - 14) * DAY)
        for day in range(1, 13)
    }
    for day, link in links.items():
        archive.name(link if day > 1 else replace(link, source="home page"))
        archive.fetch(
            make_article(day, url=link.url, date_published=link.published, capture=answer(link.url))
        )
    now = [links[day] for day in named]

    def due() -> set[int]:
        at = archive.frontier.clock()
        found = archive.frontier.known(link.url for link in links.values()).values()
        return {int(known.url.rpartition("-")[2]) for known in found if not known.rests(at)}

    assert archive.frontier.look_for_lost(now, site_id=archive.site) == 0  # it was looked at an hour ago
    assert due() == set()
    archive.frontier.clock = lambda: START + 13 * HOUR
    before = due()
    assert archive.frontier.look_for_lost(now, site_id=archive.site) == len(lost)
    assert due() - before == lost - before
    assert lost <= due()


def test_a_feed_has_not_lost_the_posts_in_other_languages(archive: Archive) -> None:
    links = [
        Link(f"https://blog.example/post-{day}", "feed", published=START + (day - 14) * DAY)
        for day in range(12)
    ]
    archive.name(*links)
    for day, link in enumerate(links):
        told = {"date_published": link.published, "in_language": "fr" if day in (4, 8) else "en"}
        archive.fetch(make_article(day, url=link.url, capture=answer(link.url), **told))
    archive.frontier.clock = lambda: START + 13 * HOUR
    english = [link for day, link in enumerate(links) if day not in (4, 8)]
    assert archive.frontier.look_for_lost(english, site_id=archive.site) == 0
    assert archive.frontier.look_for_lost([*english[:3], *english[4:]], site_id=archive.site) == 1


def test_a_post_that_its_sitemap_names_no_longer_is_looked_at_once_a_week(archive: Archive) -> None:
    sitemap = archive.frontier.source(archive.site, "sitemap", "https://blog.example/sitemap.xml").id
    links = [Link(f"https://blog.example/post-{number}", "sitemap") for number in range(20)]
    archive.name(*links, source=sitemap)
    for number, link in enumerate(links):
        archive.fetch(make_article(number, url=link.url, capture=answer(link.url)))
    archive.frontier.clock = lambda: START + 8 * DAY
    assert archive.frontier.look_for_lost(links[1:], source_id=sitemap) == 1
    assert archive.frontier.look_for_lost(links, source_id=sitemap) == 0
    assert (
        archive.frontier.look_for_lost(links[4:], source_id=sitemap) == 0
    )  # it names the newest posts alone
    archive.frontier.clock = lambda: START + 6 * DAY
    assert archive.frontier.look_for_lost(links[1:], source_id=sitemap) == 0
