"""One rule for what is in quarantine: every place that reads leaves it out, and shows it where it is asked for.

The archive has a post, its copy on another site, and a copy of low confidence on a third site; all name an origin.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from newsarchive import Archive
from newsarchive.cli import cli
from newsarchive.core.near_duplicates.fingerprint import fingerprint_step
from newsarchive.db.engine import reading
from newsarchive.db.frontier.known_sites import sites
from newsarchive.db.reading import browse, lineage, search
from newsarchive.db.reading.search import Filters
from newsarchive.db.writing.store import Store
from newsarchive.items import Article, Block, Edit, Origin, Quality
from newsarchive.rules import default
from newsarchive.web.app import application
from newsarchive.web.library import Library
from tests.support.storage import make_article, open_archive, run_on, url_of

SENTENCES = [f"Sentence {n} tells how the ferry met the {word} in the strait." for n, word in enumerate(
    ("storm", "whale", "barge", "lighthouse", "pilot", "trawler", "buoy", "fog", "gale", "swell", "reef", "tug")
)]  # fmt: skip


def post(number: int, sentences: list[str], **fields: Any) -> Article:
    blocks = (*(Block(s) for s in sentences), Block(f"Share number {number}", label="share", rule="phrase"))
    made = make_article(
        number,
        url=f"https://blog{number}.example/a",
        headline=f"Ferry {number}",
        blocks=blocks,
        edits=(Edit("repair", f"codec {number}", "a", "b", "headline", 0, 5.0),),
        origin=Origin(f"Paper {number}", f"paper{number}.example", confidence=0.5 + number / 10),
        in_language=("en", "de", "fr")[number - 1],
        **fields,
    )
    return fingerprint_step(made, default())


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with open_archive(request.param, tmp_path_factory.mktemp("hidden")) as opened:
        doubted = replace(post(3, SENTENCES), quality=Quality(0.4))  # the fullest copy of the three
        Store(opened).ingest([post(1, SENTENCES[:9]), post(2, SENTENCES[:10]), doubted])
        with reading(opened) as connection:
            domains = "SELECT domain FROM sites ORDER BY domain"
            assert [row[0] for row in connection.execute(text(domains))] == [
                f"blog{n}.example" for n in (1, 2, 3)
            ]
        for site in ("blog1", "blog2", "blog3"):
            with opened.begin() as connection:
                home = (
                    f"UPDATE sites SET home_url = 'https://{site}.example/' WHERE domain = '{site}.example'"
                )
                connection.exec_driver_sql(home)
        yield opened


def run(engine: Engine, *words: str, hidden: bool = False) -> str:
    done = run_on(engine, *words, *(["--hidden"] if hidden else []))
    assert done.exit_code == 0, done.output
    return done.stdout


def page(engine: Engine, path: str, query_string: str = "") -> str:
    """What `newsarchive web` answers."""
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError(path)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query_string.encode(),
        "headers": [(b"host", b"127.0.0.1")],
    }
    library = Library(engine)
    library.overview.get(wait=30)
    library.sites.get("blog3.example", wait=30)
    asyncio.run(application(library, behind, {"127.0.0.1"})(scope, receive, send))
    assert sent[0]["status"] == 200
    return str(b"".join(m.get("body", b"") for m in sent).decode())


class Surface(NamedTuple):
    """A place that reads: what it gives without and with the hidden article, `None` where it cannot be asked."""

    name: str
    plain: Callable[[Engine], Any]
    hidden: Callable[[Engine], Any] | None = None


def sql(column: str, view: str) -> Callable[[Engine], list[Any]]:
    def ask(engine: Engine) -> list[Any]:
        with reading(engine) as connection:
            return [row[0] for row in connection.execute(text(f"SELECT {column} FROM {view} ORDER BY 1"))]

    return ask


def archive(ask: Callable[[Archive], Any]) -> Callable[[Engine], Any]:
    def opened(engine: Engine) -> Any:
        with Archive(url_of(engine)) as one:
            return ask(one)

    return opened


def command(*words: str, hidden: bool = False, read: Callable[[str], Any]) -> Callable[[Engine], Any]:
    return lambda engine: read(run(engine, *words, hidden=hidden))


def ids_of_json(out: str) -> list[int]:
    return sorted(json.loads(line)["id"] for line in out.splitlines())


def ids_of_csv(out: str) -> list[int]:
    return sorted(int(line["id"]) for line in csv.DictReader(io.StringIO(out, newline="")))


def ids_of_tabs(out: str) -> list[int]:
    return sorted(int(line.split("\t")[0]) for line in out.splitlines())


def figures(out: str) -> list[int]:
    """Every count of `stats --json` that the hidden article could be in, in one list."""
    found = json.loads(out)
    assert found["quarantined"] == 1
    counted = [found[name] for name in ("articles", "revisions")]
    tables = [found[name] for name in ("sites", "languages", "origins", "repairs", "dropped", "months")]
    counted += [len(table) if table is not found["dropped"] else sum(table.values()) for table in tables]
    assert len(set(counted)) == 1, counted
    return list(range(1, counted[0] + 1))


def on_page(path: str, query_string: str = "") -> Callable[[Engine], list[int]]:
    """Which of the three articles a page links, or names in a figure of a site or origin."""

    def ask(engine: Engine) -> list[int]:
        shown = page(engine, path, query_string)
        marks = {n: (f'"/article/{n}"', f"paper{n}.example", f"blog{n}.example") for n in (1, 2, 3)}
        return [n for n, signs in marks.items() if any(sign in shown for sign in signs)]

    return ask


def traced(engine: Engine, hidden: bool) -> list[int]:
    found = lineage.trace(engine, "https://blog1.example/a", hidden=hidden)
    ids = sorted(copy.id for copy in found.copies)
    assert found.size == len(ids)
    assert found.fullest in ids
    return ids


def exported(engine: Engine, hidden: bool, folder: Path) -> list[int]:
    target = folder / f"part-{engine.dialect.name}-{hidden}.db"
    run(engine, "export", str(target), hidden=hidden)
    with Archive(target) as part:
        return [article.id for article in part.articles(hidden=True)]


SURFACES = [
    Surface("Archive.articles", archive(lambda a: [x.id for x in a.articles()]), archive(lambda a: [x.id for x in a.articles(hidden=True)])),
    Surface("Archive.search", archive(lambda a: sorted(x.id for x in a.search("ferry"))), archive(lambda a: sorted(x.id for x in a.search("ferry", hidden=True)))),
    Surface("Archive.count", archive(lambda a: list(range(1, a.count("ferry") + 1))), archive(lambda a: list(range(1, a.count(hidden=True) + 1)))),
    Surface("Archive.copies", archive(lambda a: sorted(x.id for x in a.copies(1))), archive(lambda a: sorted(x.id for x in a.copies(1, hidden=True)))),
    Surface("Archive.stats", archive(lambda a: list(range(1, a.stats().articles + 1))), archive(lambda a: list(range(1, a.stats(hidden=True).articles + 1)))),
    Surface("search", command("search", "ferry", read=ids_of_tabs), command("search", "ferry", hidden=True, read=ids_of_tabs)),
    Surface("search --json", command("search", "ferry", "--json", read=ids_of_json), command("search", "ferry", "--json", hidden=True, read=ids_of_json)),
    Surface("search --csv", command("search", "ferry", "--csv", read=ids_of_csv), command("search", "ferry", "--csv", hidden=True, read=ids_of_csv)),
    Surface("export jsonl", command("export", "-", "--format", "jsonl", read=ids_of_json), command("export", "-", "--format", "jsonl", hidden=True, read=ids_of_json)),
    Surface("export csv", command("export", "-", "--format", "csv", read=ids_of_csv), command("export", "-", "--format", "csv", hidden=True, read=ids_of_csv)),
    Surface("stats --json", command("stats", "--json", read=figures), command("stats", "--json", hidden=True, read=figures)),
    Surface("trace", lambda e: traced(e, False), lambda e: traced(e, True)),
    Surface("story", lambda e: sorted(c.id for c in lineage.story(e, lineage.trace(e, 1).cluster_id or 0).copies)),
    Surface("origins", command("origins", "--json", read=lambda out: [int(json.loads(x)["site"][4]) for x in out.splitlines()]), command("origins", "--json", hidden=True, read=lambda out: [int(json.loads(x)["site"][4]) for x in out.splitlines()])),
    Surface("mates", lambda e: [1, *(m.id for m in browse.mates(e, lineage.trace(e, 1).cluster_id or 0, 1))]),
    Surface("stories", lambda e: list(range(1, browse.stories(e)[0].size + 1))),
    Surface("sites list", lambda e: [n for n, site in enumerate(_sites(e), 1) if site.articles]),
    Surface("current_articles", sql("id", "current_articles"), sql("id", "(SELECT id FROM current_articles UNION SELECT id FROM hidden_articles) AS every")),
    Surface("reposts", sql("id", "reposts")),
    Surface("edits_made", sql("id", "edits_made")),
    Surface("dropped_text", sql("id", "dropped_text")),
    Surface("web /", on_page("/")),
    Surface("web /search", on_page("/search", "q=ferry"), on_page("/search", "q=ferry&hidden=1")),
    Surface("web /article/1", on_page("/article/1")),
]  # fmt: skip


def _sites(engine: Engine) -> list[Any]:
    with reading(engine) as connection:
        return sites(connection)


@pytest.mark.parametrize("surface", SURFACES, ids=lambda surface: surface.name)
def test_no_place_shows_what_is_in_quarantine_unless_it_is_asked_for(
    engine: Engine, surface: Surface
) -> None:
    assert sorted(surface.plain(engine)) == [1, 2]
    if surface.hidden is not None:
        assert sorted(surface.hidden(engine)) == [1, 2, 3]


@pytest.mark.slow
def test_an_exported_archive_has_what_was_asked_for(engine: Engine, tmp_path: Path) -> None:
    assert exported(engine, False, tmp_path) == [1, 2]
    assert exported(engine, True, tmp_path) == [1, 2, 3]


def test_figures_say_how_many_are_in_quarantine(engine: Engine) -> None:
    assert "archive\tin quarantine\t1\n" in run(engine, "stats")
    figures = browse.site(engine, "blog3.example")
    assert (figures.articles, figures.quarantined, figures.origins, dict(figures.months)) == (0, 1, [], {})
    assert '/search?site=blog3.example&amp;hidden=1&amp;order=date">1</a>' in page(
        engine, "/site/blog3.example"
    )


def test_whoever_names_it_sees_it_and_is_told(engine: Engine) -> None:
    with Archive(url_of(engine)) as opened:
        assert opened.get(3).headline == "Ferry 3"
        assert [copy.id for copy in opened.copies(3)] == sorted([1, 2, 3])
    shown = CliRunner().invoke(cli, ["show", "3", "--db", url_of(engine)])
    assert "hidden from readers: waiting: confidence 0.40" in shown.stderr
    assert "This page is hidden from searches" in page(engine, "/article/3")
    assert sql("hidden_state", "hidden_articles")(engine) == ["waiting"]


def test_a_search_for_a_site_that_is_all_in_quarantine_says_so(engine: Engine) -> None:
    done = CliRunner().invoke(cli, ["search", "--site", "blog3.example", "--db", url_of(engine)])
    assert (done.exit_code, "--hidden" in done.stderr) == (1, True)


def test_the_rule_is_asked_once(engine: Engine) -> None:
    """Twice would keep the full-text index from counting alone."""
    from newsarchive.db.readonly import reading as reader_of

    with reader_of(engine) as reader:
        made = search.Query(reader, Filters())
        counted = made.count(search.tree_of("ferry"))
    assert counted.count("quarantine") == 1
    assert "FROM articles" not in counted
    assert search.count(engine, "ferry") == 2
