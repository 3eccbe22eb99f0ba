"""Steps and formats of other projects: in a crawl and from the archive, and what is said where one is broken."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from newsarchive import Archive, export, items, pipelines, plugins, rules
from newsarchive.core import steps as process
from newsarchive.core.site_template.model import Template
from newsarchive.crawling.failures import Dropped
from newsarchive.db.reading import search
from newsarchive.exceptions import NotAnArticle, OutputError, StepFailed, UsageError
from newsarchive.items import Article, Author, Block, Capture, Origin, Page
from newsarchive.rules import Rules
from tests.support import warm

if TYPE_CHECKING:
    from moods import Mood

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "docs" / "examples" / "own_step"
WORDS = "The ferry left the harbour at noon, said Ann Lee, who has been its captain for years. "
PAGE = f"<title>A ferry</title><article><h1>A ferry</h1><p>{WORDS * 3}</p><p>{WORDS * 2}</p></article>"
CAPTURE = Capture("https://blog.example/2025/04/ferry/", PAGE.encode(), headers={"content-type": "text/html; charset=utf-8"})  # fmt: skip


def failing(record: Any, rules: Rules) -> Any:
    raise ValueError("a bug")


def nothing(record: Any, rules: Rules) -> Any:
    return None


def ending(record: Any, rules: Rules) -> Any:
    sys.exit("a script that was meant to be called")


def parsing(record: Any, rules: Rules) -> Any:
    json.loads("{")


@dataclass(frozen=True)
class OwnArticle(Article):
    """The record of another project, whose type is known to its checker of types alone."""

    mood: Mood | None = None


def unchanged(record: Any, rules: Rules) -> Any:
    return record


def through_pipelines(steps: process.Steps) -> Any:
    record: Any = CAPTURE
    for cls in pipelines.STEP_PIPELINES:
        record = asyncio.run(cls(rules.default(), steps).process_item(record))
    return record


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The example as an installed distribution that the test may change: module and entry points, nothing built."""
    info = tmp_path / "own_step-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own-step\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[newsarchive.steps]\nshout = own_step:shout\nparagraphs = own_step:paragraphs\nlost = own_step:lost\n"
        "gone = no_such_module:run\nnumber = own_step:__name__\nscript = own_script:run\n"
        "[newsarchive.export]\nheadlines = own_step:HEADLINES\nbad = own_step:shout\n"
    )
    shutil.copy(EXAMPLE / "own_step.py", tmp_path)
    (tmp_path / "own_script.py").write_text("import sys\nsys.exit('no module')\n")
    monkeypatch.syspath_prepend(tmp_path)
    plugins._steps.cache_clear()
    yield tmp_path
    plugins._steps.cache_clear()
    sys.modules.pop("own_step", None)


def test_nothing_that_is_merely_installed_runs(project: Path) -> None:
    assert plugins.steps([]) is process.STEPS
    assert ("step", "shout", "own_step:shout (own-step 1.0)") in list(plugins.offered())


@pytest.mark.slow
def test_a_step_stands_where_the_setting_says(project: Path) -> None:
    held = plugins.steps(
        ["shout after chrome", "tests.test_plugins:unchanged before decode", "without origin"]
    )
    assert list(held) == ["unchanged", "decode", "extract", "repair", "chrome", "shout", "fingerprint"]
    assert held["unchanged"].takes is Capture
    made = process.article_from(CAPTURE, rules.default(), held)
    assert made.article_body.startswith("THE FERRY LEFT")
    assert "THE FERRY LEFT" in made.article_html
    assert made.origin is None
    assert [c.value for c in made.candidates if c.field == "steps"] == [
        "unchanged (tests.test_plugins:unchanged), decode, extract, repair, chrome, "
        "shout (own_step:shout (own-step 1.0)), fingerprint"
    ]


def test_an_own_extractor_needs_no_more_than_headline_and_blocks(project: Path) -> None:
    made = process.article_from(CAPTURE, rules.default(), plugins.steps(["paragraphs instead of extract"]))
    assert (made.headline, made.url, made.capture) == ("A ferry", CAPTURE.url, CAPTURE)
    assert made.article_body.count("captain") == 5
    assert made.extractor_version > 0
    assert made.content_hash
    with pytest.raises(NotAnArticle, match="no text"):
        process.article_from(
            replace(CAPTURE, body=b"<p>x</p>"),
            rules.default(),
            plugins.steps(["paragraphs instead of extract"]),
        )


def test_an_own_text_keeps_what_newsarchive_reads_of_the_page(project: Path) -> None:
    capture = replace(CAPTURE, body=b'<meta name="author" content="Bo Roe">' + CAPTURE.body)
    for extractor, names in (("paragraphs", []), ("own_step:own_text", ["Bo Roe"])):
        steps = plugins.steps([f"{extractor} instead of extract"])
        made = process.article_from(capture, rules.default(), steps)
        assert made.article_body.count("captain") == 5
        assert [author.name for author in made.authors] == names


def test_the_pipelines_run_the_same_steps_as_one_call(project: Path) -> None:
    held = plugins.steps(
        ["paragraphs instead of extract", "shout after chrome", "tests.test_plugins:unchanged after decode"]
    )
    record = through_pipelines(held)
    blank = Template("blog.example")
    assert process.templated(record, blank, rules.default(), held) == process.templated(
        process.article_from(CAPTURE, rules.default(), held), blank, rules.default(), held
    )


@pytest.mark.parametrize("name", ["failing", "nothing", "ending"])
@pytest.mark.parametrize(
    "place", ["before decode", "after decode", "instead of extract", "after fingerprint"]
)
def test_a_step_that_fails_drops_the_page_with_the_reason(name: str, place: str) -> None:
    held = plugins.steps([f"tests.test_plugins:{name} {place}"])
    with pytest.raises(StepFailed, match=f"tests.test_plugins:{name}") as caught:
        process.article_from(CAPTURE, rules.default(), held)
    assert caught.value.reason in tuple(items.DropReason)
    with pytest.raises(Dropped, match="step failed"):
        through_pipelines(held)


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("shout", "not understood: write 'NAME after STEP'"),
        ("shout after nothing", "there is no step 'nothing'; there are decode, extract"),
        ("without decode", "cannot be left out: put a step of your own instead"),
        (
            "shuot after chrome",
            "no entry point 'shuot' in the group newsarchive.steps; installed are .*shout",
        ),
        (
            "lost after chrome",
            r"own_step:lost \(own-step 1.0\), entry point 'lost', cannot be loaded.*reinstall",
        ),
        ("gone after chrome", r"no_such_module:run \(own-step 1.0\).*ModuleNotFoundError.*take it out"),
        ("number after chrome", "is str, not a function of a record and the rules"),
        ("script after chrome", "entry point 'script', cannot be loaded: SystemExit: no module"),
        (
            "no_such_module:run after chrome",
            "no_such_module:run cannot be loaded: ModuleNotFoundError.*PYTHONPATH",
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_the_remedy(project: Path, phrase: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        plugins.steps([phrase])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"headline": None}, "it returned Article whose headline is NoneType, not str"),
        ({"authors": ("Ann Lee",)}, "authors[0] is str, not Author"),
        ({"keywords": ["ferry"]}, "keywords is list, not tuple"),
        ({"date_published": datetime(2025, 4, 30)}, "date_published has no time zone"),
        ({"blocks": (Block("A ferry"), Block(None))}, "blocks[1].text is NoneType, not str"),
        ({"authors": (Author("Ann Lee"), Author(None))}, "authors[1].name is NoneType, not str"),
        ({"origin": Origin("Daily", date=datetime(2025, 4, 30))}, "origin.date has no time zone"),
    ],
    ids=str,
)
def test_a_step_that_gives_a_field_another_type_is_named_and_not_the_step_behind_it(
    changes: dict[str, Any], said: str
) -> None:
    def wrong(article: Article, rules: Rules) -> Article:
        return replace(article, **changes)

    held = process.inserted(process.STEPS, "wrong", wrong, "own_step:wrong", after="repair")
    with pytest.raises(StepFailed, match=re.escape(said)) as caught:
        process.article_from(CAPTURE, rules.default(), held)
    assert caught.value.step == "wrong (own_step:wrong)"


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("failing", "ValueError: a bug"),
        pytest.param("parsing", "JSONDecodeError: .*", id="and not one of a library"),
    ],
)
def test_a_step_that_raises_names_its_own_line(step: str, error: str) -> None:
    held = plugins.steps([f"tests.test_plugins:{step} after chrome"])
    with pytest.raises(StepFailed, match=rf"{error} \(line \d+ of test_plugins.py\)"):
        process.article_from(CAPTURE, rules.default(), held)


def test_what_a_step_was_given_and_what_its_own_record_adds_is_not_its_fault() -> None:
    """The check of fields ended with a NameError, and each step was named for what a spider had given."""

    def own(article: Article, rules: Rules) -> Article:
        values = {field.name: getattr(article, field.name) for field in fields(Article)}
        return OwnArticle(**values | {"headline": "A ferry"})

    article = process.article_from(CAPTURE, rules.default())
    given = replace(article, date_published=datetime(2025, 4, 30))
    held = process.inserted(process.STEPS, "own", own, "own_step:own", after="repair")
    assert held["own"](given, rules.default()).headline == "A ferry"


def test_two_steps_of_one_name_are_refused(project: Path) -> None:
    with pytest.raises(UsageError, match="two steps have the name 'shout'"):
        plugins.steps(["shout after chrome", "shout before origin"])


def test_a_format_of_another_project_is_found_by_name_and_ending(project: Path, tmp_path: Path) -> None:
    assert (
        export.writer("headlines")(
            [Article("https://a.example/", headline="A ferry")], tmp_path / "x", "Mine"
        )
        == 1
    )
    assert (tmp_path / "x").read_text() == "Mine\nA ferry\n"
    assert "headlines" in export.names()
    with pytest.raises(
        UsageError, match=r"bad'.*own_step:shout \(own-step 1.0\) is no newsarchive.export.Format"
    ):
        export.writer("bad")
    with pytest.raises(UsageError, match="one of jsonl, csv"):
        export.form("nothing")
    (tmp_path / "own_step-1.0.dist-info" / "entry_points.txt").write_text("[newsarchive.export]\nheadlines = own_step:HEADLINES\n")  # fmt: skip
    assert export.format_of("news.HEADLINES") == "headlines"


FORMATS = """
import sys
from newsarchive.export import Format


def nothing(articles, target, title):
    return 0


def uncounted(articles, target, title):
    target.write_text(title)


def raising(articles, target, title):
    raise KeyError("title")


def ending(articles, target, title):
    sys.exit(1)


ONE_TEXT = Format(suffixes=".one", write=uncounted)
NO_DOT = Format(suffixes=("dot",), write=uncounted)
NO_ENDINGS = Format(suffixes=None, write=uncounted)
CAPITALS = Format(suffixes=(".ONE",), write=uncounted)
KIND = Format(suffixes=(".kind",), kind="strm", write=uncounted)
ORDER = Format(suffixes=(".order",), order="newest", write=uncounted)
NOTHING = Format(suffixes=(".nothing",), write=nothing)
UNCOUNTED = Format(suffixes=(".uncounted",), write=uncounted)
RAISING = Format(suffixes=(".raising",), write=raising)
ENDING = Format(suffixes=(".ending",), write=ending)
"""


@pytest.fixture
def formats(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An installed project all of whose formats are broken, each in its way."""
    (tmp_path / "own_formats-1.0.dist-info").mkdir()
    (tmp_path / "own_formats-1.0.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: own-formats\nVersion: 1.0\n"
    )
    offered = re.findall("^([A-Z_]+) =", FORMATS, re.MULTILINE)
    (tmp_path / "own_formats-1.0.dist-info" / "entry_points.txt").write_text(
        "[newsarchive.export]\n" + "".join(f"{name.lower()} = own_formats:{name}\n" for name in offered)
    )
    (tmp_path / "own_formats.py").write_text(FORMATS)
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("own_formats", None)


@pytest.mark.usefixtures("formats")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("one_text", "suffixes is '.one', not a tuple of endings in small letters"),
        ("no_dot", "suffixes is ('dot',), not a tuple"),
        ("no_endings", "suffixes is None, not a tuple"),
        ("capitals", "suffixes is ('.ONE',), not a tuple"),
        ("kind", "kind is 'strm', not one of stream, file, folder; repair"),
        ("order", "order is 'newest', not one of id, date, site; repair"),
    ],
)
def test_a_format_that_is_described_wrongly_is_named(name: str, said: str) -> None:
    with pytest.raises(UsageError, match=re.escape(said)):
        export.form(name)


@pytest.mark.usefixtures("formats")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nothing", "own_formats:NOTHING (own-formats 1.0) wrote no file"),
        ("uncounted", "returned NoneType, not the number of articles"),
        ("raising", "own_formats:RAISING (own-formats 1.0) failed: KeyError: 'title' (line 15 of own_formats.py)"),
        ("ending", "failed: SystemExit: 1"),
    ],
)  # fmt: skip
def test_a_writer_of_another_project_that_fails_is_named(name: str, said: str, tmp_path: Path) -> None:
    write = export.writer(name)
    with pytest.raises(OutputError, match=re.escape(said)):
        export.write_whole(tmp_path / "x", lambda part: write([], part, "Mine"))
    assert not (tmp_path / "x").exists()


@pytest.mark.usefixtures("formats")
def test_a_broken_format_is_in_nobody_s_way(project: Path) -> None:
    assert export.format_of("news.headlines") == "headlines"
    with pytest.raises(UsageError, match=r"no format has this ending.*format 'kind': own_formats:KIND"):
        export.format_of("news.on")


def test_the_orders_of_formats_are_those_of_the_search() -> None:
    assert set(export.ORDERS) == set(search.ORDERS)
    assert {one.kind for one in export.FORMATS.values()} == set(export.KINDS)
    assert {one.order for one in export.FORMATS.values()} <= set(export.ORDERS)


def test_a_page_of_the_type_that_the_place_asks_for() -> None:
    held = process.inserted(process.STEPS, "look", unchanged, "here", after="decode")
    assert (held["look"].takes, held["look"].gives, held["look"].place) == (Page, Page, "decode")


@pytest.mark.slow
def test_the_example_is_installed_and_runs_in_crawl_reextract_and_export(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "installed"
    shutil.copytree(EXAMPLE, source)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        str(target),
    ]
    subprocess.run([*pip, str(source)], check=True, timeout=300)
    bare = {
        name: value for name, value in os.environ.items() if not name.startswith(("NEWSARCHIVE_", "SCRAPY_"))
    }
    path = warm.own_environment()["PYTHONPATH"]
    bare |= {"PYTHONPATH": f"{target}{os.pathsep}{path}", "XDG_CONFIG_HOME": str(tmp_path)}

    def run(*words: str, steps: str = "shout after chrome", **more: str) -> subprocess.CompletedProcess[str]:
        environment = bare | {"NEWSARCHIVE_STEPS": steps} | more
        return warm.run("newsarchive", *words, environment=environment, cwd=str(tmp_path), timeout=300)

    def texts() -> dict[str, str]:
        return {one.url: one.article_body for one in Archive(tmp_path / "demo.db").articles()}

    assert "shout\tArticle\tArticle\town_step:shout (own-step 1.0)" in run("steps").stdout
    crawled = run("demo", "--db", "demo.db", NEWSARCHIVE_WORKERS="1")
    assert crawled.returncode == 0, crawled.stderr
    first = texts()
    assert first
    assert all((text := body.split("\n\n")[0]) == text.upper() for body in first.values())
    again = run("reextract", "--all", "--db", "demo.db")
    assert (again.returncode, again.stdout) == (0, ""), again.stdout + again.stderr
    assert texts() == first
    # Without the step the same bytes give the plain text, and with a broken one nothing is lost.
    plain = run("reextract", "--all", "--db", "demo.db", steps="")
    assert len(plain.stdout.splitlines()) == len(first)
    broken = run(
        "reextract",
        "--all",
        "--db",
        "demo.db",
        steps="tests.test_plugins:failing after chrome",
    )
    assert f"{len(first)} failed" in broken.stderr
    assert len(texts()) == len(first)
    exported = run("export", "news.headlines", "--db", "demo.db")
    assert exported.returncode == 0, exported.stderr
    assert len((tmp_path / "news.headlines").read_text().splitlines()) == len(first) + 1
    refused = run("demo", steps="nobody after chrome")
    assert "no entry point 'nobody'" in refused.stderr
    assert "Traceback" not in refused.stderr
