"""Learning over an archive, on both databases: several sites, redesigns, feeds, locks, bounds."""

from __future__ import annotations

import random
import shutil
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select, update

from benchmarks.blogs import sentence
from newsarchive.core.site_template.model import Template
from newsarchive.core.steps import templated
from newsarchive.core.urls import site_of
from newsarchive.db import site_templates
from newsarchive.db.engine import reading, writing
from newsarchive.db.frontier.queue import Frontier
from newsarchive.db.kept_readings import KeptReadings
from newsarchive.db.models import ArticleRow, Cluster, LineSighting, PageSighting, Revision, Site, SiteBlock
from newsarchive.db.reading import articles
from newsarchive.db.site_templates import SiteWindows
from newsarchive.db.writing.store import Store
from newsarchive.exceptions import UsageError
from newsarchive.items import Article, Block, Link, Quality, SourceText
from newsarchive.learning.learner import Learner, lock, says_no_more
from tests.support.archives import RULES, crawled, lines
from tests.support.storage import make_article, open_archive

pytestmark = pytest.mark.slow  # crawls, servers or other processes

PITCH = "Every window of the green house is open to whoever follows Mare News and its lamps."
CREDIT = "This article first appeared on Mare News (www.marenews.example)."
CHIPS = ["Brass owl desk", "Wander the shelves"]
BOX = "Swept nightly by the twins from the house next door, who ask for nothing."


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Engine]:
    """One database is enough where no SQL is in question."""
    with open_archive("sqlite", tmp_path) as opened:
        yield opened


def prose(number: int, count: int = 6) -> list[str]:
    dice = random.Random(number)
    return [f"{sentence(dice)} {sentence(dice)}" for _ in range(count)]


def html(number: int, texts: list[str], box: str = "entry-content") -> str:
    title = f"Story {number} of the weir"
    body = "".join(f"<p>{text}</p>" for text in texts)
    return (
        f'<html lang="en"><head><title>{title}</title></head><body><article><h1>{title}</h1>'
        f'<div class="{box}">{body}</div></article></body></html>'
    )


def blog(name: str, numbers: range, extra: dict[int, list[str]] | None = None, tail: list[str] | None = None,
         box: str = "entry-content") -> dict[str, str]:  # fmt: skip
    """Posts; `extra` stands in the middle of some, `tail` below all."""
    pages = {}
    for n in numbers:
        texts = prose(n)
        texts[3:3] = (extra or {}).get(n, [])
        pages[f"https://{name}.example/{n}/"] = html(n, [*texts, *(tail or [])], box)
    return pages


def clean(found: dict[str, list[str]]) -> bool:
    """Whether every article is its own prose and nothing else."""
    return all(texts == prose(int(url.rstrip("/").rpartition("/")[2])) for url, texts in found.items())


def kinds(engine: Engine) -> dict[str, int]:
    with reading(engine) as connection:
        query = select(Revision.change_kind, func.count()).group_by(Revision.change_kind)
        return {row[0]: row[1] for row in connection.execute(query)}


def rows(engine: Engine, table: type[PageSighting] | type[LineSighting]) -> int:
    with reading(engine) as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_the_description_of_the_site_is_taken_from_pages_of_which_nothing_else_changes(
    archive: Engine, tmp_path: Path
) -> None:
    tag = '<meta name="description" content="Notes from a harbour town, its boats and its weather."><title>'
    pages = {url: page.replace("<title>", tag) for url, page in blog("heron", range(10)).items()}
    crawled(archive, tmp_path, pages)
    query = select(ArticleRow.description).distinct()
    with reading(archive) as connection:
        assert all(connection.execute(query).scalars())
    done = Learner(archive, tmp_path).learn("heron.example")
    assert (len(done.changed), done.failed) == (10, [])
    with reading(archive) as connection:
        assert not any(connection.execute(query).scalars())


def test_a_site_is_learned_from_its_records(engine: Engine, tmp_path: Path) -> None:
    crawled(engine, tmp_path, blog("heron", range(10), tail=CHIPS))
    learner = Learner(engine, tmp_path)
    done = learner.learn("heron.example")
    assert (done.pages, done.reread, len(done.changed)) == (10, 10, 10)
    assert clean(lines(engine))
    assert kinds(engine) == {"new": 10, "site": 10}
    again = learner.learn("heron.example")
    assert (again.reread, again.changed) == (0, [])
    template = site_templates.load(engine, "heron.example")
    assert site_templates.save(engine, template) is False


def test_an_entry_of_a_kind_that_only_older_versions_wrote_is_no_hindrance(
    archive: Engine, tmp_path: Path
) -> None:
    crawled(archive, tmp_path, blog("heron", range(10), tail=CHIPS))
    older = {
        "fingerprint": 7, "role": "convention", "label": "date of the post", "reason": "right on 30 of 30 pages", "pages": 30,
        "clusters": 0, "sample": "", "first": "open graph", "version": 0, "is_proved": False,
    }  # fmt: skip
    now = datetime.now(UTC)
    with writing(archive) as connection:
        site_id = connection.execute(select(Site.id).where(Site.domain == "heron.example")).scalar_one()
        times = {"first_seen_at": now, "last_seen_at": now}
        connection.execute(insert(SiteBlock), [older | times | {"site_id": site_id}])
    assert len(Learner(archive, tmp_path).learn("heron.example").changed) == 10
    with reading(archive) as connection:
        labels = connection.execute(select(SiteBlock.label)).scalars().all()
    assert labels
    assert "date of the post" not in labels


def everything(engine: Engine) -> dict[str, object]:
    """What the archive says of its articles: all that a reader sees, and why each line was left out."""
    with reading(engine) as connection:
        urls = connection.execute(select(ArticleRow.url).order_by(ArticleRow.id)).scalars()
        return {url: articles.get(engine, url) for url in urls}


def test_what_was_read_in_this_crawl_is_not_read_again(engine: Engine, tmp_path: Path) -> None:
    """The kept readings give what the bytes give: here the bytes are gone."""
    pages = blog("heron", range(10), tail=CHIPS)
    readings = KeptReadings()
    crawled(engine, tmp_path / "one", pages, readings=readings)
    shutil.rmtree(tmp_path / "one")
    done = Learner(engine, tmp_path / "one", readings=readings).learn("heron.example")
    assert (done.reread, len(done.changed), done.failed) == (10, 10, [])
    (tmp_path / "other").mkdir()
    with open_archive("sqlite", tmp_path / "other") as other:
        crawled(other, tmp_path / "two", pages)
        Learner(other, tmp_path / "two").learn("heron.example")
        assert everything(engine) == everything(other)


def named(page: str, name: str) -> str:
    return page.replace("</title>", f'</title><meta property="og:site_name" content="{name}">')


def test_a_site_that_gets_its_name_from_its_first_page_is_not_read_again_for_it(
    engine: Engine, tmp_path: Path
) -> None:
    """Its pages say the name themselves, so that the name which the archive knows by now teaches nothing. Here the bytes are gone."""
    pages = {url: named(page, "The Heron") for url, page in blog("heron", range(10), tail=CHIPS).items()}
    readings = KeptReadings()
    crawled(engine, tmp_path / "one", pages, readings=readings)
    with reading(engine) as connection:
        assert connection.execute(select(Site.name)).scalars().all() == ["The Heron"]
    shutil.rmtree(tmp_path / "one")
    done = Learner(engine, tmp_path / "one", readings=readings).learn("heron.example")
    assert (done.reread, len(done.changed), done.failed) == (10, 10, [])
    assert clean(lines(engine))


@pytest.mark.parametrize(
    ("then", "now", "own", "says_nothing_new"),
    [
        (None, None, "", True),
        (None, SourceText("site", "", publisher="The Heron"), "The Heron", True),
        (None, SourceText("site", "", publisher="The Heron"), "", False),
        (None, SourceText("site", "", publisher="The Heron"), "The Bittern", False),
        (None, SourceText("site", "", publisher="The Heron", in_language="fr"), "The Heron", False),
        (None, SourceText("site", "", publisher="The Heron", in_language="en"), "The Heron", True),
        (None, SourceText("feed", "<p>A summary.", publisher="The Heron"), "The Heron", False),
        (SourceText("feed", "<p>A summary."), SourceText("feed", "<p>A summary.", publisher="The Heron"), "The Heron", True),
        (SourceText("feed", "<p>A summary."), SourceText("feed", "<p>Another.", publisher="The Heron"), "The Heron", False),
        (SourceText("site", "", publisher="The Heron"), None, "The Heron", False),
    ],
)  # fmt: skip
def test_what_a_site_says_of_a_post_since_it_was_read(
    then: SourceText | None, now: SourceText | None, own: str, says_nothing_new: bool
) -> None:
    article = Article("https://heron.example/1/", Quality(), publisher=own, in_language="en")
    assert says_no_more(now, then, article) is says_nothing_new


def test_a_page_that_came_again_with_other_teasers_is_taken_as_it_is_now(
    archive: Engine, tmp_path: Path
) -> None:
    """Its stored record, with the lines of the first time, stays where the article's lines are the same."""
    pages = blog("heron", range(10), tail=CHIPS)
    readings = KeptReadings()
    crawled(archive, tmp_path, pages, readings=readings)
    teasers = "".join(f'<li><a href="/old-{n}/">A story of the old weir, part {n}</a></li>' for n in range(4))
    more = {url: page.replace("<body>", f"<body><ul>{teasers}</ul>") for url, page in pages.items()}
    crawled(archive, tmp_path, more, day=1, readings=readings)
    done = Learner(archive, tmp_path, readings=readings).learn("heron.example")
    assert (done.reread, done.failed) == (10, [])
    assert clean(lines(archive))


@pytest.mark.parametrize("seed", range(3))
def test_a_site_learned_step_by_step_is_as_one_that_is_learned_anew_each_time(
    archive: Engine, tmp_path: Path, seed: int
) -> None:
    """One process that keeps readings, records and what it has checked, against a new process at each step that reads
    all records and all bytes."""
    dice = random.Random(seed)
    tail = [*CHIPS, BOX]
    pages = {}
    for number in range(26):
        some = [one for one in tail if dice.random() < (0.2 if number < 9 else 0.8)]
        extra = {number: [PITCH]} if dice.random() < 0.4 else {}
        box = "entry-content" if number < 15 else "post-body"
        pages |= blog("heron", range(number, number + 1), extra, some, box)
    steps = [*sorted(dice.sample(range(3, 26), 5)), 26]
    (tmp_path / "other").mkdir()
    with open_archive("sqlite", tmp_path / "other") as other:
        readings = KeptReadings()
        kept = Learner(archive, tmp_path / "one", readings=readings)
        at = 0
        for step in steps:
            new = dict(list(pages.items())[at:step])
            crawled(archive, tmp_path / "one", new, readings=readings, day=at)
            crawled(other, tmp_path / "two", new, day=at)
            going_on, at = step < 26, step
            mine = kept.learn("heron.example", going_on=going_on)
            anew = Learner(other, tmp_path / "two").learn("heron.example", going_on=going_on)
            assert (mine.reread, mine.changed) == (anew.reread, anew.changed)
            ours = site_templates.load(archive, "heron.example")
            assert ours.rows() == site_templates.load(other, "heron.example").rows()
        assert ours.entries
        assert everything(archive) == everything(other)
        assert versions(archive) == versions(other)


def versions(engine: Engine) -> list[tuple[object, ...]]:
    with reading(engine) as connection:
        columns: list[Any] = [Revision.article_id, Revision.version, Revision.change_kind]
        return [tuple(row) for row in connection.execute(select(*columns).order_by(Revision.id))]


def test_what_is_in_memory_is_bounded(archive: Engine, tmp_path: Path) -> None:
    for name in ("heron", "otter", "pike"):
        crawled(archive, tmp_path, blog(name, range(5), tail=CHIPS))
    windows = SiteWindows(archive, max_lines=100)
    first = windows.window("heron.example")
    assert (
        windows.window("heron.example").pages["https://heron.example/1/"]
        is first.pages["https://heron.example/1/"]
    )
    chips = [line for one in first.pages.values() for line in one.lines if line.sample == CHIPS[0]]
    assert len(chips) == 5
    assert len({id(line) for line in chips}) == 1
    for name in ("otter", "pike"):
        windows.window(f"{name}.example")
    assert sum(known.lines for known in windows.sites.values()) <= 100
    assert list(windows.sites)[-1] == "pike.example"
    again = windows.window("heron.example")
    assert again.pages == first.pages
    newest = windows.window("heron.example", size=2)
    assert len(newest.pages) == 2
    held = windows.site("heron.example").shared.keys()
    assert held == {line for one in newest.pages.values() for line in one.lines}


def test_a_page_of_which_the_feed_tells_more_by_now_is_read_from_its_bytes(
    engine: Engine, tmp_path: Path
) -> None:
    readings = KeptReadings()
    crawled(engine, tmp_path, blog("heron", range(10), tail=CHIPS), readings=readings)
    frontier, url = Frontier(engine), "https://heron.example/4/"
    told = SourceText("feed", "", author="Ada Lund")
    run = Store(engine).start_run("news", {})
    frontier.discover(frontier.open_site(url), run, [Link(url, "feed", text=told)])
    Learner(engine, tmp_path, readings=readings).learn("heron.example")
    assert clean(lines(engine))
    assert [one.name for one in articles.get(engine, url).authors] == ["Ada Lund"]
    assert articles.get(engine, "https://heron.example/5/").authors == ()


def test_only_pages_that_hold_a_changed_key_are_read_again(archive: Engine, tmp_path: Path) -> None:
    crawled(archive, tmp_path, blog("heron", range(10), tail=CHIPS))
    learner = Learner(archive, tmp_path)
    learner.learn("heron.example")
    extra = {n: [BOX] for n in (12, 13, 15, 17, 18)}
    crawled(archive, tmp_path, blog("heron", range(10, 20), extra, CHIPS), day=1)
    done = learner.learn("heron.example")
    assert sorted(done.changed) == [f"https://heron.example/{n}/" for n in (12, 13, 15, 17, 18)]
    assert done.reread == 5
    assert clean(lines(archive))


def test_a_promo_of_another_blog_goes_from_the_blog_that_had_it_once(engine: Engine, tmp_path: Path) -> None:
    """The first crawl saw it once; the second, of another blog, is evidence for both."""
    tail = [CREDIT]
    crawled(engine, tmp_path, blog("heron", range(8), {4: [PITCH]}, tail))
    learner = Learner(engine, tmp_path)
    assert [done.site for done in learner.learn_around(["heron.example"])] == ["heron.example"]
    assert PITCH in lines(engine)["https://heron.example/4/"]
    crawled(engine, tmp_path, blog("crane", range(20, 28), {n: [PITCH] for n in (21, 23, 26)}, tail), day=1)
    done = list(learner.learn_around(["crane.example"]))
    assert [one.site for one in done] == ["crane.example", "heron.example"]
    assert done[1].changed == ["https://heron.example/4/"]
    assert clean(lines(engine))
    reasons = [e.finding.reason for e in site_templates.load(engine, "heron.example").entries.values()]
    assert any("stands in 4 articles, on 2 blogs" in reason for reason in reasons)


def test_it_counts_whether_all_copies_of_a_story_have_a_line(engine: Engine, tmp_path: Path) -> None:
    """A line that one copy lacks is the other blog's own; one that all copies have may be the article's."""
    crawled(engine, tmp_path, blog("heron", range(8), {4: [PITCH]}))
    crawled(engine, tmp_path, blog("crane", range(20, 28), {n: [PITCH] for n in (21, 23, 26)}), day=1)
    stories = {1: ("heron.example/4", "crane.example/22"), 2: ("crane.example/23", "crane.example/26")}
    with writing(engine) as connection:
        for number, copies in stories.items():
            connection.execute(insert(Cluster).values(id=number, created_at=datetime.now(UTC), size=2))
            urls = [f"https://{copy}/" for copy in copies]
            connection.execute(update(ArticleRow).where(ArticleRow.url.in_(urls)).values(cluster_id=number))
    learner = Learner(engine, tmp_path)
    window = learner.windows.window("heron.example", learner.window)
    holding = {"cluster 1", "cluster 2", "https://crane.example/21/"}
    elsewhere = site_templates.shared(engine, window.pages.values()).values()
    found = {(one.missing, one.present) for one in elsewhere if one.clusters == holding}
    assert found == {(frozenset({"cluster 1"}), frozenset({"cluster 2"}))}


def test_a_site_that_all_its_pages_have_taught_is_learned_again_for_lines_of_others_alone(
    engine: Engine, tmp_path: Path
) -> None:
    """As where the pages of a WARC file wait for the templates of their sites, which are learned one after the other."""
    learner, since = Learner(engine, tmp_path), datetime.now(UTC)
    blogs = {
        "heron": blog("heron", range(8), {4: [PITCH]}, [CREDIT]),
        "crane": blog("crane", range(20, 28), {n: [PITCH] for n in (21, 23, 26)}, [CREDIT]),
        "stork": blog("stork", range(40, 48)),
    }
    for name, pages in blogs.items():
        crawled(engine, tmp_path, pages)
        learner.learn(f"{name}.example", going_on=True)
    assert PITCH in lines(engine)["https://heron.example/4/"]
    sites = [f"{name}.example" for name in blogs]
    done = {one.site: one.pages for one in learner.learn_around(sites, since, dict.fromkeys(sites, 8))}
    assert done == {"crane.example": 8, "heron.example": 8, "stork.example": 0}
    assert clean(lines(engine))
    again = {one.site: one.pages for one in learner.learn_around(sites, since, dict.fromkeys(sites, 7))}
    assert again == {"crane.example": 8, "heron.example": 8, "stork.example": 8}


def test_blogs_with_nothing_in_common_are_left_alone(archive: Engine, tmp_path: Path) -> None:
    crawled(archive, tmp_path, blog("heron", range(5)) | blog("crane", range(20, 25)))
    learner = Learner(archive, tmp_path)
    assert [done.site for done in learner.learn_around(["crane.example"])] == ["crane.example"]


def hourly(learner: Learner, folder: Path, pages: dict[str, str]) -> dict[str, int]:
    """A crawl that stores these posts and ends: the sites that it learned, with the pages of each."""
    since = datetime.now(UTC)
    crawled(learner.engine, folder, pages)
    return {
        done.site: done.pages
        for done in learner.learn_around({site_of(url) for url in pages}, since)
        if done.pages
    }


def test_a_known_site_is_learned_again_when_a_tenth_of_its_pages_is_new(
    engine: Engine, tmp_path: Path
) -> None:
    learner = Learner(engine, tmp_path)
    assert hourly(learner, tmp_path, blog("heron", range(30), tail=CHIPS)) == {"heron.example": 30}
    learned = [hourly(learner, tmp_path, blog("heron", range(n, n + 1), tail=CHIPS)) for n in range(30, 38)]
    assert learned == [{}, {}, {}, {"heron.example": 34}, {}, {}, {}, {"heron.example": 38}]
    assert clean(lines(engine))
    redesigned = [blog("heron", range(n, n + 1), box="inner") for n in range(40, 45)]
    learned = [hourly(learner, tmp_path, page) for page in redesigned]
    assert learned == [{}, {}, {}, {}, {"heron.example": 43}]
    assert site_templates.load(engine, "heron.example").version == 2


def test_a_site_of_few_pages_is_learned_again_at_3_5_8_and_13(engine: Engine, tmp_path: Path) -> None:
    learner = Learner(engine, tmp_path)
    learned = [hourly(learner, tmp_path, blog("heron", range(n, n + 1), tail=CHIPS)) for n in range(14)]
    assert [at for at, sites in enumerate(learned, 1) if sites] == [3, 5, 8, 13]
    assert clean(lines(engine))


def test_a_site_that_was_learned_by_a_clock_that_was_ahead_is_learned_again(
    archive: Engine, tmp_path: Path
) -> None:
    learner = Learner(archive, tmp_path)
    hourly(learner, tmp_path, blog("heron", range(30), tail=CHIPS))
    with writing(archive) as connection:
        connection.execute(update(SiteBlock).values(last_seen_at=datetime.now(UTC) + timedelta(days=900)))
    learned = [hourly(learner, tmp_path, blog("heron", range(n, n + 1), tail=CHIPS)) for n in (30, 31)]
    assert learned == [{"heron.example": 31}, {}]


def test_a_line_of_one_article_is_not_counted(engine: Engine, tmp_path: Path) -> None:
    """So it is with nearly all lines of a blog, which is asked for them at the end of each crawl."""
    crawled(engine, tmp_path, blog("heron", range(4), tail=CHIPS))
    counted: list[tuple[int, int]] = []

    def has_grown(before: int, now: int) -> bool:
        counted.append((before, now))
        return True

    since = datetime(2000, 1, 1, tzinfo=UTC)
    assert site_templates.unsettled(engine, "heron.example", since, has_grown) == {"heron.example": 2}
    assert counted == [(0, 4)] * 2


def test_a_new_line_goes_from_the_third_post_that_has_it(engine: Engine, tmp_path: Path) -> None:
    """The line is new on the other blog too, which has it once."""
    learner = Learner(engine, tmp_path)
    hourly(learner, tmp_path, blog("heron", range(30), tail=[CREDIT]))
    hourly(learner, tmp_path, blog("crane", range(40, 70), tail=[CREDIT]))
    assert hourly(learner, tmp_path, blog("crane", range(70, 71), {70: [PITCH]}, [CREDIT])) == {}
    posts = [blog("heron", range(n, n + 1), {n: [PITCH]}, [CREDIT]) for n in (30, 31)]
    assert hourly(learner, tmp_path, posts[0]) == {}
    assert PITCH in lines(engine)["https://heron.example/30/"]
    assert hourly(learner, tmp_path, posts[1]) == {"heron.example": 32, "crane.example": 31}
    assert clean(lines(engine))


def test_learning_all_knows_what_every_site_shows(archive: Engine, tmp_path: Path) -> None:
    crawled(archive, tmp_path, blog("heron", range(8), {4: [PITCH]}, [CREDIT]))
    crawled(archive, tmp_path, blog("crane", range(20, 28), {n: [PITCH] for n in (21, 23, 26)}, [CREDIT]))
    assert [done.site for done in Learner(archive, tmp_path).learn_all()] == [
        "crane.example",
        "heron.example",
    ]
    assert clean(lines(archive))


def test_a_redesign_starts_a_version_and_old_posts_keep_theirs(engine: Engine, tmp_path: Path) -> None:
    learner = Learner(engine, tmp_path)
    crawled(engine, tmp_path, blog("heron", range(10), tail=CHIPS, box="old-post"))
    learner.learn("heron.example")
    before = lines(engine)
    new = blog("heron", range(10, 20), tail=["Lean on the counter"], box="story-body")
    crawled(engine, tmp_path, new, day=100)
    learner.learn("heron.example")
    template = site_templates.load(engine, "heron.example")
    assert [(x.number, x.container.rsplit(".", 1)[1]) for x in template.layouts] == [
        (1, "old-post"),
        (2, "story-body"),
    ]
    with reading(engine) as connection:
        query = select(PageSighting.layout, func.count()).group_by(PageSighting.layout)
        assert {row[0]: row[1] for row in connection.execute(query)} == {1: 10, 2: 10}
    after = lines(engine)
    assert {url: after[url] for url in before} == before
    assert clean(after)


def test_a_feed_teaches_for_the_posts_that_it_no_longer_lists(archive: Engine, tmp_path: Path) -> None:
    """The line stands in so few posts that nothing but the feed could prove it."""
    extra = {n: [BOX] for n in (3, 7, 11, 15)}
    pages = blog("heron", range(40), extra)
    learner = Learner(archive, tmp_path)
    crawled(archive, tmp_path, pages)
    learner.learn("heron.example")
    assert sum(BOX in texts for texts in lines(archive).values()) == 4
    texts = {f"https://heron.example/{n}/": "".join(f"<p>{t}</p>" for t in prose(n)) for n in (11, 15)}
    crawled(archive, tmp_path, {url: pages[url] for url in texts}, texts, day=1)
    done = learner.learn("heron.example")
    assert len(done.changed) == 4
    assert clean(lines(archive))
    template = site_templates.load(archive, "heron.example")
    assert template.layouts[0].taught


def test_a_feed_of_excerpts_teaches_nothing(archive: Engine, tmp_path: Path) -> None:
    pages = blog("heron", range(12), {3: [BOX], 7: [BOX]})
    texts = {url: f"<p>{prose(int(url.rstrip('/')[-2:].strip('/')))[0]}</p>" for url in pages}
    crawled(archive, tmp_path, pages, texts)
    Learner(archive, tmp_path).learn("heron.example")
    assert sum(BOX in found for found in lines(archive).values()) == 2


def test_locks_by_hand_read_again_what_they_touch(engine: Engine, tmp_path: Path) -> None:
    """Also posts that left the window of the newest pages."""
    crawled(engine, tmp_path, blog("heron", range(12), tail=CHIPS))
    learner = Learner(engine, tmp_path, window=6)
    learner.learn("heron.example")
    assert clean(lines(engine))
    assert rows(engine, PageSighting) == 6
    done = lock(learner, "heron.example", {CHIPS[0]: "keep", prose(4)[1]: "drop"})
    assert len(done.changed) == 12
    found = lines(engine)
    assert all(CHIPS[0] in texts and CHIPS[1] not in texts for texts in found.values())
    assert prose(4)[1] not in found["https://heron.example/4/"]
    learner.learn("heron.example")
    assert lines(engine) == found
    roles = {e.sample: e.finding.role for e in site_templates.load(engine, "heron.example").entries.values()}
    assert roles[CHIPS[0]] == "keep"
    lock(learner, "heron.example", {CHIPS[0]: "", prose(4)[1]: ""})
    assert clean(lines(engine))


def test_a_lock_on_an_unknown_line_is_refused(archive: Engine, tmp_path: Path) -> None:
    crawled(archive, tmp_path, blog("heron", range(4)))
    with pytest.raises(UsageError, match=r"heron\.example: no stored page prints the line 'Nobody"):
        lock(Learner(archive, tmp_path), "heron.example", {"Nobody wrote this": "keep"})


def test_articles_of_an_older_version_are_recorded_first(archive: Engine, tmp_path: Path) -> None:
    crawled(archive, tmp_path, blog("heron", range(6), tail=CHIPS))
    with archive.begin() as connection:
        for table in (LineSighting, PageSighting):
            connection.execute(table.__table__.delete())  # type: ignore[attr-defined]
    assert len(Learner(archive, tmp_path, dry_run=True).learn("heron.example").changed) == 6
    assert rows(archive, PageSighting) == 0
    assert len(Learner(archive, tmp_path).learn("heron.example").changed) == 6
    assert clean(lines(archive))


# Bounds


def stored(engine: Engine, numbers: range) -> None:
    """Many small posts, without raw bytes."""
    made = [
        make_article(
            n,
            url=f"https://heron.example/{n}/",
            blocks=tuple(
                Block(text, path="html/body/div.post/p") for text in [*prose(n, 3), f"{CHIPS[0]} {n}"]
            ),
        )
        for n in numbers
    ]
    blank = Template("heron.example")
    for start in range(0, len(made), 50):
        Store(engine).ingest([templated(article, blank, RULES) for article in made[start : start + 50]])


def test_tables_and_memory_do_not_grow_with_the_site(sqlite: Engine, tmp_path: Path) -> None:
    learner, sizes, peaks = Learner(sqlite, tmp_path, window=50), [], []
    for numbers in (range(50), range(50, 100), range(100, 300)):
        stored(sqlite, numbers)
        tracemalloc.start()
        learner.learn("heron.example", going_on=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        site_templates.prune(sqlite, "heron.example", learner.window)
        sizes.append((rows(sqlite, PageSighting), rows(sqlite, LineSighting)))
    assert [pages for pages, _ in sizes] == [50, 50, 50]
    assert sizes[2][1] <= 1.2 * sizes[0][1]
    assert peaks[2] <= 1.3 * peaks[0]


def test_only_pages_beyond_the_window_are_unpacked(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    stored(engine, range(5))
    unpack, unpacked = site_templates.unpack, []

    def noted(record: bytes, url: str, *arguments: Any, **options: Any) -> Any:
        unpacked.append(url)
        return unpack(record, url, *arguments, **options)

    monkeypatch.setattr(site_templates, "unpack", noted)
    window = {f"https://heron.example/{n}/" for n in (0, 2, 4)}
    found = [page.url for page in site_templates.pages(engine, "heron.example", window)]
    assert found == unpacked == ["https://heron.example/1/", "https://heron.example/3/"]


def test_lines_that_one_old_page_alone_holds_are_pruned(engine: Engine) -> None:
    stored(engine, range(130))
    site_templates.prune(engine, "heron.example")
    assert rows(engine, PageSighting) == 130
    with reading(engine) as connection:
        query = select(LineSighting.article_id, func.count()).group_by(LineSighting.article_id)
        held = [number for _, number in connection.execute(query.order_by(LineSighting.article_id))]
    assert held[:30] == [1] * 30  # the line that all pages have
    assert min(held[30:]) > 3
