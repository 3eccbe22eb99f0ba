"""`newsarchive trace`, `compare`, `origins` and `recluster`, on an archive of a story and its copies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from click.testing import Result
from sqlalchemy import Connection, Engine, delete, event, func, select, update

from newsarchive.core.near_duplicates.fingerprint import PERMUTATIONS, fingerprint_step
from newsarchive.db import checks
from newsarchive.db.engine import reading, writing
from newsarchive.db.models import ArticleRow, Cluster, CrawlRun, MinhashBand
from newsarchive.db.near_duplicates import clusters, rebuild
from newsarchive.db.rows import minhash_of, stored_minhash
from newsarchive.db.writing.store import Store
from newsarchive.items import Article, Evidence, Origin
from newsarchive.rules import default
from tests.core.near_duplicates.test_paraphrase import SPUN, TOLD, TOPIC
from tests.db.test_clusters import story
from tests.support.storage import START, make_article, run_on

pytestmark = pytest.mark.slow  # runs commands on two databases

SENTENCES = [" ".join(story(n, 12)).capitalize() + "." for n in range(20)]
PAPER = "https://paper.example/full"


def text(sentences: list[str], url: str, hours: int, **fields: object) -> Article:
    body = "\n\n".join(sentences)
    article = make_article(1, url=url, body=body, date_published=START + timedelta(hours=hours), **fields)
    return fingerprint_step(article, default())


def articles() -> list[Article]:
    credit = Origin(
        "The Paper",
        "paper.example",
        confidence=0.9,
        evidence=(Evidence("attribution", "This article first appeared in The Paper.", 0.9),),
    )
    changed = [
        *SENTENCES[:9],
        SENTENCES[9].replace(".", " indeed."),
        *SENTENCES[10:19],
        "All of this is ours.",
    ]
    return [
        text(SENTENCES[:12], "https://teaser.example/cut", 30),
        text(changed, "https://blog.example/edited", 20, origin=credit, headline="Copied"),
        text(SENTENCES, "https://mirror.example/same", 10),
        text(SENTENCES, PAPER, 0),
        text([" ".join(story(99))], "https://other.example/own", 5, headline="Our own"),
    ]


@pytest.fixture
def engine(engine: Engine) -> Engine:
    Store(engine).ingest(articles())
    return engine


def run(engine: Engine, *args: str) -> Result:
    return run_on(engine, *args, COLUMNS="200")


def test_a_copy_whose_date_is_known_to_the_month_is_not_taken_for_the_first(engine: Engine) -> None:
    """Its first day stands for the month, and lies before the day of the original."""
    vague = text(SENTENCES, "https://vague.example/april", -11, date_published_source="url (month)")
    Store(engine).ingest([vague])
    found = json.loads(run(engine, "trace", PAPER, "--json").stdout)
    assert found["copies"][0]["site"] == "paper.example"
    assert "vague.example" in {copy["site"] for copy in found["copies"][1:]}


def test_trace_tells_the_copies_by_time_with_kind_and_losses(engine: Engine) -> None:
    result = run(engine, "trace", PAPER, "--json")
    found = json.loads(result.stdout)
    assert [(c["site"], c["kind"], c["similarity"] == 1) for c in found["copies"]] == [
        ("paper.example", "fullest", True),
        ("mirror.example", "exact", True),
        ("blog.example", "edited", False),
        ("teaser.example", "truncated", False),
    ]
    assert found["earliest"] == found["copies"][0]["id"] == found["id"]
    assert found["fullest"] == found["copies"][0]["id"]
    assert found["copies"][3]["changes"]["cut"] == SENTENCES[12:]
    # The paper credits nobody; its copy does.
    assert (found["origin"], found["origin_domain"]) == ("The Paper", "paper.example")
    assert found["origin_from"] == "https://blog.example/edited"


def test_trace_prints_a_tree(engine: Engine) -> None:
    out = run(engine, "trace", "https://blog.example/edited").stdout
    lines = out.splitlines()
    assert lines[0] == "Copied"
    assert "First published by The Paper (paper.example), confidence 0.90" in lines[1]
    assert "attribution (0.90): This article first appeared in The Paper." in lines[2]
    assert "4 articles with this text, the earliest first" in out
    sites = [line.split(" · ")[1] for line in lines if " · " in line]
    assert sites == ["paper.example", "mirror.example", "blog.example", "teaser.example"]
    assert "truncated" in next(line for line in lines if "teaser.example ·" in line)


def test_trace_says_which_text_its_site_edited(engine: Engine) -> None:
    """What the paper corrected later is no change that its copies made."""
    Store(engine).ingest([text([*SENTENCES[:19], "It was corrected."], PAPER, 0, day=2)])
    out = run(engine, "trace", PAPER).stdout
    edited = [line.split(" · ")[1] for line in out.splitlines() if "edited 1 time by its site" in line]
    assert edited == ["paper.example"]
    found = json.loads(run(engine, "trace", PAPER, "--json").stdout)
    assert {copy["site"]: copy["edits"] for copy in found["copies"]} == {
        "paper.example": 1, "mirror.example": 0, "blog.example": 0, "teaser.example": 0,
    }  # fmt: skip


def test_trace_of_an_own_post_says_so(engine: Engine) -> None:
    out = run(engine, "trace", "https://other.example/own").stdout
    assert "No other publisher is named" in out
    assert "No copy of it is in the archive" in out


def test_trace_draws_a_graph(engine: Engine) -> None:
    lines = run(engine, "trace", PAPER, "--dot").stdout.splitlines()
    assert lines[0] == "digraph trace {"
    assert lines[-1] == "}"
    assert sum("->" in line for line in lines) == 4  # from the origin, and to three copies
    assert any("The Paper" in line for line in lines)


def test_compare_prints_what_a_copy_did(engine: Engine) -> None:
    result = run(engine, "compare", PAPER, "https://blog.example/edited")
    assert result.stdout.splitlines() == [
        f"- {SENTENCES[19]}",
        "+ All of this is ours.",
        f"~ {SENTENCES[9]}",
        f"  {SENTENCES[9].replace('.', ' indeed.')}",
    ]


def test_an_unknown_article_is_an_error(engine: Engine) -> None:
    assert run(engine, "trace", "https://nowhere.example/").exception is not None


def test_origins_count_and_time_what_a_site_republishes(engine: Engine) -> None:
    assert run(engine, "origins").stdout == "1\tblog.example\tThe Paper\tpaper.example\t20\n"
    assert run(engine, "origins", "--site", "https://blog.example/").exit_code == 0
    assert run(engine, "origins", "--site", "mirror.example").exit_code == 1
    assert run(engine, "origins", "--since", "2025-04-03").exit_code == 1
    assert run(engine, "origins", "--since", "2025-04-01").exit_code == 0
    assert run(engine, "origins", "--since", "2025-04").exit_code == 0
    assert run(engine, "search", "--since", "2025", "--until", "2025").exit_code == 0
    assert run(engine, "search", "--until", "2024").exit_code == 1


def forget(engine: Engine) -> None:
    """Make it an archive of a version that knew no copies."""
    with writing(engine) as connection:
        connection.execute(update(ArticleRow).values(cluster_id=None, minhash=None, content_hash=""))
        connection.execute(delete(Cluster))
        connection.execute(delete(MinhashBand))


def sizes(engine: Engine) -> list[int]:
    with reading(engine) as connection:
        return list(connection.execute(select(Cluster.size)).scalars())


def test_recluster_finds_the_copies_of_an_old_archive(engine: Engine) -> None:
    forget(engine)
    result = run(engine, "recluster")
    assert (result.exit_code, result.stderr) == (0, "5 articles compared\n")
    assert sizes(engine) == [4]


def test_recluster_goes_on_where_it_was_killed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    forget(engine)
    monkeypatch.setattr(clusters, "MAX_CHUNK_ARTICLES", 2)
    assign, calls = clusters.assign, []

    def killed(*args: object) -> None:
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        assign(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(clusters, "assign", killed)
    with pytest.raises(KeyboardInterrupt):
        rebuild.recluster(engine)
    monkeypatch.setattr(clusters, "assign", assign)
    assert rebuild.recluster(engine) == 3
    assert sizes(engine) == [4]
    with reading(engine) as connection:
        runs = connection.execute(select(CrawlRun.finish_reason)).scalars().all()
    assert runs == ["finished"]


def test_recluster_counts_the_articles_while_others_may_write(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counting takes long in a large archive, and all other writers wait for a write transaction."""
    is_writing, counts = [False], []

    @contextmanager
    def watched(engine: Engine) -> Iterator[Connection]:
        with writing(engine) as connection:
            is_writing[0] = True
            yield connection
        is_writing[0] = False

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "count(*)" in statement and "FROM articles" in statement:
            counts.append(is_writing[0])

    monkeypatch.setattr(rebuild, "writing", watched)
    event.listen(engine, "before_cursor_execute", note)
    rebuild.recluster(engine)
    event.remove(engine, "before_cursor_execute", note)
    assert counts == [False]


def test_recluster_of_a_good_archive_changes_nothing(engine: Engine) -> None:
    with reading(engine) as connection:
        before = connection.execute(select(ArticleRow.id, ArticleRow.cluster_id)).all()
        bands = connection.execute(select(func.count()).select_from(MinhashBand)).scalar()
    assert rebuild.recluster(engine) == 5
    with reading(engine) as connection:
        assert connection.execute(select(ArticleRow.id, ArticleRow.cluster_id)).all() == before
        assert connection.execute(select(func.count()).select_from(MinhashBand)).scalar() == bands


def test_a_stopped_search_for_paraphrases_goes_on(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [(TOLD, SPUN, 0), (TOLD.replace("Larsund", "Mirov"), SPUN.replace("Larsund", "Mirov"), 24 * 60)]
    Store(engine).ingest(
        text([body], f"https://{site}{hours}.example/", hours + more, headline=site)
        for told, spun, hours in pairs
        for site, body, more in (("told", told, 1), ("spun", spun, 50))
    )
    store, read = rebuild._store_links, rebuild._marked
    starts: list[int] = []

    def killed(connection: object, links: object) -> None:
        if starts == [0] and killing.pop():
            raise KeyboardInterrupt
        store(connection, links)  # type: ignore[arg-type]

    def watched(engine: Engine, ids: object, start: int, progress: object) -> object:
        starts.append(start)
        return read(engine, ids, start, progress)  # type: ignore[arg-type]

    killing = [True, False]  # the second time that links are stored
    monkeypatch.setattr(rebuild, "_store_links", killed)
    monkeypatch.setattr(rebuild, "_marked", watched)
    run(engine, "recluster", "--paraphrases", "0.4")
    assert rebuild.is_stopped(engine, 0.4)
    result = run(engine, "recluster", "--paraphrases", "0.4")
    assert result.stderr == "2 links between articles that may say the same in other words\n"
    assert starts[1] > starts[0] == 0
    assert not rebuild.is_stopped(engine, 0.4)


def test_paraphrases_are_linked_when_asked_for_and_shown_apart(engine: Engine) -> None:
    told, spun, topic = (
        text([body], f"https://{site}.example/", hours, headline=headline)
        for site, body, hours, headline in (
            ("told", TOLD, 1, "told"),
            ("spun", SPUN, 50, ""),
            ("topic", TOPIC, 3, "topic"),
        )
    )
    Store(engine).ingest([told, spun, topic])
    run(engine, "recluster")
    assert "in other words" not in run(engine, "trace", told.url).stdout  # off unless asked for
    result = run(engine, "recluster", "--paraphrases", "0.4")
    assert result.exception is None
    assert result.stderr.splitlines()[-1].startswith("1 links between articles")
    for this, other in ((told, spun), (spun, told)):
        [link] = json.loads(run(engine, "trace", this.url, "--json").stdout)["paraphrases"]
        assert (link["url"], link["score"] > 0.4, "takumi ferrante" in link["shared"]) == (
            other.url,
            True,
            True,
        )
    shown = run(engine, "trace", told.url).stdout
    assert "Perhaps the same in other words" in shown
    assert not any(line.endswith("·") for line in map(str.rstrip, shown.splitlines()))  # one has no headline
    assert "style=dashed" in run(engine, "trace", told.url, "--dot").stdout
    assert sizes(engine) == [4]  # no cluster knows of them
    assert run(engine, "recluster", "--paraphrases", "2").exit_code == 2
    run(engine, "recluster", "--paraphrases", "0.5")  # anew, not twice
    assert len(json.loads(run(engine, "trace", told.url, "--json").stdout)["paraphrases"]) == 1


def test_the_doctor_says_where_an_older_version_made_the_index(engine: Engine) -> None:
    """Keys of another kind find nothing: a new copy of an old article would stand alone without a word."""
    assert not list(checks.signatures(engine))
    with writing(engine) as connection:
        [first] = connection.execute(
            select(func.min(ArticleRow.id)).where(ArticleRow.minhash.is_not(None))
        ).one()
        raw = connection.execute(select(ArticleRow.minhash).where(ArticleRow.id == first)).scalar_one()
        older = stored_minhash([*minhash_of(raw)[:PERMUTATIONS], 1, 2, 3])
        connection.execute(update(ArticleRow).where(ArticleRow.id == first).values(minhash=older))
    [finding] = checks.signatures(engine)
    assert "recluster" in finding.remedy
    rebuild.recluster(engine)
    assert not list(checks.signatures(engine))
