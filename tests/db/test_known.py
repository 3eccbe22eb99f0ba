"""The sites of an archive, read without SQLAlchemy on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, text

from newsarchive.cli import cli
from newsarchive.core.site_template.evidence import Finding
from newsarchive.core.site_template.model import Entry, Template
from newsarchive.db import site_templates
from newsarchive.db.engine import writing
from newsarchive.db.frontier import known_sites
from newsarchive.db.frontier.sites import Sites
from newsarchive.db.readonly import reading
from newsarchive.db.writing.store import Store
from tests.support.storage import START, make_article, open_archive


def test_a_site_has_its_settings_over_its_platforms_over_those_of_all(engine: Engine) -> None:
    sites = Sites(engine)
    sites.set_defaults({"global": {"delay": 2.0, "limit": 9}, "ghost": {"delay": 3.0}})
    sites.follow("https://blog.example/", {"limit": 5}, platform="ghost", name="Blog")
    with reading(engine) as connection:
        (site,) = known_sites.sites(connection)
        assert known_sites.site(connection, "https://www.blog.example/2025/post/") == site
        assert known_sites.site(connection, "https://other.example") is None
    assert (site.home_url, site.name, site.articles, site.followed) == (
        "https://blog.example/",
        "Blog",
        0,
        True,
    )
    assert site.settings == {"delay": 3.0, "limit": 5, "follow": True}


def test_a_site_counts_its_articles_and_knows_when_it_is_due(engine: Engine) -> None:
    Store(engine).ingest([make_article(1), make_article(2)])
    sites = Sites(engine, lambda: START)
    with reading(engine) as connection:
        assert known_sites.sites(connection) == []  # no one named its front page
    sites.follow("https://blog.example/", {})
    with reading(engine) as connection:
        (site,) = known_sites.sites(connection)
    assert (site.articles, site.due_at()) == (2, None)
    assert [one.domain for one in sites.due()] == [site.domain]


def test_the_entries_of_a_template_come_in_one_order_whatever_was_written_last(engine: Engine) -> None:
    """PostgreSQL gives rows as they lie on the disk where nobody asks for an order."""
    entries = {
        key: Entry(key, Finding("chrome", "nav", f"line {key}"), 8, 8, f"line {key}")
        for key in (5, -7, 3, 11)
    }
    site_templates.save(engine, Template("blog.example", entries))
    with writing(engine) as connection:
        connection.execute(text("UPDATE site_blocks SET pages = 9 WHERE fingerprint = -7"))
    with reading(engine) as connection:
        assert [row["fingerprint"] for row in known_sites.learned(connection, "blog.example")] == [
            -7,
            3,
            5,
            11,
        ]


@pytest.mark.parametrize(
    "command", ["list", "export", "show blog.example", "pause blog.example", "remove blog.example"]
)
def test_a_question_makes_no_archive(command: str, tmp_path: Path) -> None:
    db = tmp_path / "none.db"
    done = CliRunner().invoke(cli, ["sites", *command.split(), "--db", str(db)])
    assert done.exit_code != 0
    assert not db.exists()


def test_an_archive_without_sites_says_what_to_do(tmp_path: Path) -> None:
    with open_archive("sqlite", tmp_path):
        done = CliRunner().invoke(cli, ["sites", "list", "--db", str(tmp_path / "archive.db")])
    assert (done.exit_code, done.stdout) == (0, "")
    assert "newsarchive sites add" in done.stderr
