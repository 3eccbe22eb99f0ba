"""What the documents promise: commands, options, settings, files, links and examples are as they say."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from pkgutil import resolve_name
from types import ModuleType
from typing import Any

import click
import pytest
from click.testing import CliRunner

from newsarchive import config, core, plainwords
from newsarchive.cli import COMMANDS, cli, sitelist
from newsarchive.crawling.stats import Count, FetchProblem, Group, SkipReason
from newsarchive.db.engine import open_engine
from newsarchive.db.schema import UNRELEASED, upgrade
from newsarchive.db.writing.store import Store
from newsarchive.export import FORMATS
from newsarchive.fields import FIELDS
from newsarchive.items import LABELS, DropReason
from newsarchive.version import VERSION
from newsarchive.web.datasette import queries
from tests.support import warm
from tests.support.storage import make_article, rich_article

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
#: The largest README that is still read to its end, in bytes.
MAX_README_BYTES = 8 * 1024
#: What an example of the library calls `body`.
PAGE = (
    b"<title>A ferry</title><article><h1>A ferry</h1>"
    + b"<p>It left the harbour at noon, said Ann Lee.</p>" * 9
)


def _generator() -> ModuleType:
    """The extension that puts parts of the reference into their pages."""
    spec = importlib.util.spec_from_file_location("generated", DOCS / "_ext" / "generated.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generated = _generator()
#: Every page as it is written, by its path below the root.
WRITTEN = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for path in [*ROOT.glob("*.md"), ROOT / "benchmarks" / "README.md", *DOCS.rglob("*.md")]
    if not {"_build", "examples"} & {*path.parts}
}
README = WRITTEN["README.md"]
#: Pages that tell what was, and not what is: names in them may be gone.
HISTORY = ("CHANGELOG.md", "docs/decisions/", "docs/benchmarks/", "docs/glossary.md")


def built(page: str) -> str:
    """A page of the reference with the parts that are made from the code."""
    text: str = generated.filled(WRITTEN[f"docs/reference/{page}.md"])
    return text


def test_the_changelog_names_the_oldest_revision_that_can_be_upgraded() -> None:
    """And no newer one: a new column or a better rule changes no line of it."""
    notes = " ".join(WRITTEN["CHANGELOG.md"].split())
    assert f"Revision {int(max(UNRELEASED)) + 1:04} or a later one becomes today's by" in notes


def test_who_upgrades_learns_that_stored_pages_are_read_again() -> None:
    assert re.search(r"\*\*Read again\.\*\* [^*]*`newsarchive reextract`", WRITTEN["CHANGELOG.md"])
    guide = WRITTEN["docs/how-to/install.md"].partition("## Upgrade")[2]
    assert {"newsarchive db upgrade", "newsarchive reextract"} <= set(
        map(str.strip, re.findall(r"^newsarchive \w+(?: \w+)?", guide, re.M))
    )


def test_no_contributor_is_asked_to_raise_the_extractors_version() -> None:
    """It is raised once for each release, by whoever makes it; two changes that raise it would conflict."""
    form = (ROOT / ".github" / "pull_request_template.md").read_text("utf-8")
    now = {page: text for page, text in WRITTEN.items() if not page.startswith(HISTORY)} | {"the form": form}
    asked = {
        page: line
        for page, text in now.items()
        for line in re.findall(r"[^.\n]*EXTRACTOR_VERSION[^.\n]*", text)
        if re.search(r"[Rr]aise `EXTRACTOR_VERSION|EXTRACTOR_VERSION` is raised if", line)
    }
    assert asked == {}


def test_explain_sends_to_the_places_that_its_guide_names() -> None:
    rows = re.findall(
        r"^\| (?:any other rule: )?`.*\|.*\|.*\|$", WRITTEN["docs/how-to/why-is-a-line-missing.md"], re.M
    )
    assert len(rows) > 6
    for row in rows:
        rules, _, places = row.strip("| ").split(" | ")
        for rule in re.findall(r"`([^`]+)`", rules):
            said = plainwords.remedy(rule.replace("…", "x"))
            for file in re.findall(r"`((?:core|data)/[^`<]+)", places):
                assert file in said, (rule, file, said)


def test_pages_that_are_not_built_say_what_is_missing_and_how_to_see_it() -> None:
    """The line behind the mark of a generated part is not in the built page."""
    for name, text in WRITTEN.items():
        if not name.startswith("docs/reference/"):
            continue
        for part, line in re.findall(r"^<!-- generated: (\w+) -->\n(.*)$", text, re.M):
            assert line.startswith("*The [built pages](index.md) have it here"), (name, part)
        assert "have it here" not in generated.filled(text)


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of a language, those inside lists without their indentation."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", text, re.S | re.M)
    return [re.sub(rf"^{indent}", "", block, flags=re.M) for indent, block in found]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(name: str) -> None:
    result = CliRunner().invoke(cli, [name, "--help"])
    assert result.exit_code == 0
    assert re.search(rf"Examples?:\s+(.*\n)*?.*newsarchive {name}", result.output)
    assert "--db" in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_stands_in_the_reference_by_hand_and_from_the_code(name: str) -> None:
    assert f"| `newsarchive {name}" in WRITTEN["docs/reference/commands.md"]
    assert f"### `newsarchive {name}`" in built("commands")


def test_the_one_line_help_is_the_commands_own() -> None:
    context = click.Context(cli)
    for name, (_, short) in COMMANDS.items():
        command = cli.get_command(context, name)
        assert command is not None
        assert short.endswith(".")


def test_every_option_stands_in_the_reference() -> None:
    """All but those that every command has, which are told once."""
    page = built("commands")
    sections = dict(re.findall(r"^#{3,4} `newsarchive ([^`]+)`\n(.*?)(?=^#|\Z)", page, re.S | re.M))
    common = {"-h", "--help", "-v", "--verbose", "-q", "--quiet", "--config"}
    missing = [
        (command, option)
        for command, option in generated.options()
        if command
        and option not in common
        and not re.search(rf"`[^`]*(?<![\w-]){option}(?![\w-])[^`]*` \|", sections[command])
    ]
    assert missing == []


def test_every_setting_of_ours_stands_in_the_reference() -> None:
    settings = (ROOT / "newsarchive" / "settings.py").read_text("utf-8")
    for name in re.findall(r"^(NEWSARCHIVE_\w+) =", settings, re.M):
        assert f"`{name}`" in built("settings"), name
    for name, key in config.KEYS.items():
        assert f"| `{name}` | `{key.variable}`" in built("settings"), name
        assert key.meaning


def test_every_query_that_a_test_runs_stands_in_the_reference() -> None:
    assert len(queries()) >= 10
    found = blocks(built("views"), "sql")
    assert [query["label"] for query in queries() if f"{generated.readable(query)};\n" not in found] == []


@pytest.mark.parametrize(
    ("words", "heading"),
    [
        ((*Count, *Group), "What became of posts"),
        (FetchProblem, "`failed`"),
        (DropReason, ""),
        (SkipReason, "`skipped`"),
    ],
    ids=["counts", "failures", "drops", "skips"],
)
def test_every_word_of_a_crawls_summary_stands_in_the_reference(words: Iterable[str], heading: str) -> None:
    text = (ROOT / "docs" / "reference" / "summary.md").read_text("utf-8")
    part = text[text.index(f"## {heading}") :]
    part = part[: part.find("\n## ", 5)] if heading else text
    assert [word for word in words if f"`{word}`" not in part] == []


def test_the_map_of_the_core_names_every_module_and_package() -> None:
    here = (ROOT / "newsarchive" / "core").iterdir()
    modules = {path.stem for path in here if not path.stem.startswith("__")}
    assert modules - set(re.findall(r"\w+", core.__doc__ or "")) == set()


def files_named(page: str) -> list[str]:
    """The files and folders of the package, of the tests and of the docs that a page names in code."""
    folders = "core|data|db|cli|spiders|web|warc|export|extensions|commands|tests|docs|benchmarks|training"
    return re.findall(rf"`((?:{folders})/[\w/.-]*)(?:<[a-z]+>)?`", WRITTEN[page])


@pytest.mark.parametrize(
    "page",
    [page for page in WRITTEN if files_named(page) and not page.startswith(HISTORY)],
)
def test_files_that_the_documents_name_exist(page: str) -> None:
    missing = [
        name
        for name in files_named(page)
        if not any((base / name).exists() for base in (ROOT / "newsarchive", ROOT))
    ]
    assert missing == []


@pytest.mark.parametrize("page", WRITTEN)
def test_links_between_the_documents_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", re.sub(r"`[^`\n]*`", "", WRITTEN[page]))
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


def calls(page: str) -> Iterator[list[str]]:
    """What a page has somebody type: the words behind `newsarchive` and `scrapy crawl`, in blocks and in code."""
    text = WRITTEN[page]
    lines = [line for block in blocks(text, "sh") + blocks(text, "text") for line in block.splitlines()]
    lines += re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)
    for line in lines:
        for part in re.split(r"&&|[;|()]", line):
            if re.match(r"\s*(newsarchive|scrapy crawl) ", part):
                words = shlex.split(part.replace("…", ""), comments=True)
                yield words


@pytest.mark.parametrize(
    "page", [page for page in WRITTEN if any(calls(page)) and not page.startswith(HISTORY)]
)
def test_commands_and_options_that_the_documents_name_exist(page: str) -> None:
    known = generated.options()
    names = {command for command, _ in known}
    groups = {name.rpartition(" ")[0] for name in names if " " in name}
    for program, *words in calls(page):
        if program == "scrapy":
            check_spider(words[1:])
            continue
        command = ""
        options = []
        for word in words:
            if word.startswith("-") and word != "-":
                options.append(re.sub(r"^-vv+$", "-v", word.partition("=")[0]))
            elif f"{command} {word}".strip() in names:
                command = f"{command} {word}".strip()
            else:
                assert command or word.isupper(), (page, words)
                assert command not in groups or not word.islower(), (page, words)
        assert [
            option for option in options if option not in ("-a", "-s") and (command, option) not in known
        ] == [], (page, words)


def check_spider(words: list[str]) -> None:
    """A spider and its arguments, as `scrapy crawl` takes them."""
    from newsarchive.spiders.news import NewsSpider
    from newsarchive.spiders.recrawl import RecrawlSpider
    from newsarchive.spiders.warc import WarcSpider

    if not words or words[0].startswith("-"):
        return
    spiders = {spider.name: spider for spider in (NewsSpider, RecrawlSpider, WarcSpider)}
    given = [words[place + 1].partition("=")[0] for place, word in enumerate(words) if word == "-a"]
    assert set(given) <= set(spiders[words[0]].known_arguments), words


#: A name of the package between backticks, in a document or in the docstring of a module: `newsarchive.items.DropReason`.
NAMED = re.compile(r"`(newsarchive(?:\.[A-Za-z_]\w*)+)(?:\(\))?`")


@pytest.mark.parametrize("folder", ["docs", "newsarchive"])
def test_names_of_the_package_that_are_spoken_of_exist(folder: str) -> None:
    texts = {
        path: path.read_text("utf-8") for end in ("md", "py") for path in (ROOT / folder).rglob(f"*.{end}")
    }
    named = {(name, path.name) for path, text in texts.items() for name in NAMED.findall(text)}
    files = (".db", ".toml", ".py", ".sqlite")
    wrong = [(name, page) for name, page in sorted(named) if not name.endswith(files) and not _is_there(name)]
    assert wrong == []
    assert len(named) > 5


def _is_there(name: str) -> bool:
    try:
        resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def test_the_readme_is_short_and_leads_on() -> None:
    assert len(README.encode()) <= MAX_README_BYTES
    assert len(re.findall(r"^- \[", README[README.index("## Read on") :], re.M)) == 5
    assert README.count("![") == 1


def test_the_glossary_knows_every_label_that_users_see() -> None:
    seen = WRITTEN["docs/glossary.md"].partition("## What users see")[2]
    assert [label for label in LABELS if f"`{label}`" not in seen] == [], (
        "say in docs/glossary.md what it means"
    )


def test_ten_kinds_of_changes_have_files_and_a_test() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \|$", WRITTEN["CONTRIBUTING.md"], re.M)
    assert [int(row[0]) for row in rows] == list(range(1, 11))
    for row in rows:
        for name in re.findall(r"`(test_\w+\.py)`", row[3]):
            assert list((ROOT / "tests").rglob(name)), name


@pytest.mark.parametrize("page", [page for page in WRITTEN if "python -m benchmarks." in WRITTEN[page]])
def test_programs_that_the_documents_name_exist(page: str) -> None:
    named = re.findall(r"python -m\s+((?:benchmarks|training)\.[a-z_]+)", WRITTEN[page])
    assert [name for name in named if not (ROOT / f"{name.replace('.', '/')}.py").exists()] == []


def test_tasks_that_the_documents_name_exist() -> None:
    tasks = re.findall(
        r"^@nox\.session(?:\(.*\))?\ndef (\w+)", (ROOT / "noxfile.py").read_text("utf-8"), re.M
    )
    assert set(re.findall(r"nox -s (\w+)", WRITTEN["CONTRIBUTING.md"])) == set(tasks)


def test_the_citation_names_this_version() -> None:
    assert f"\nversion: {VERSION}\n" in (ROOT / "CITATION.cff").read_text("utf-8")


def test_examples_of_settings_are_understood(tmp_path: Path) -> None:
    file = tmp_path / "newsarchive.toml"
    for page in ("reference/settings", "reference/site-settings", "how-to/postgresql"):
        for block in blocks(WRITTEN[f"docs/{page}.md"], "toml"):
            file.write_text(block, "utf-8")
            _, tables = config.read_file(file)
            sitelist.of_tables(tables, str(file))


def test_requirements_are_the_one_list_of_runtime_dependencies() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["tool"]["setuptools"]["dynamic"]["dependencies"] == {"file": ["requirements.txt"]}
    assert "dependencies" in project["project"]["dynamic"]


def test_every_field_and_format_of_an_export_stands_in_the_reference() -> None:
    assert [field.name for field in FIELDS if f"| `{field.name}` |" not in built("columns")] == []
    page = "docs/reference/export-formats.md"
    for name, form in FORMATS.items():
        assert f"\n| `{name}` |" in WRITTEN[page], f"write a line for {name} into the table of {page}"
        for ending in form.suffixes:
            assert f"`{ending}`" in WRITTEN[page], f"{page} lacks the ending of {name}"


def start(page: str) -> list[str]:
    """The lines of shell of a page that starts with the bundled blog, but the last, which needs a blog."""
    text = WRITTEN[page].partition("Run the tests:")[0]
    return [line for block in blocks(text, "sh") for line in block.splitlines()][:-1]


@pytest.mark.slow
@pytest.mark.parametrize("page", ["README.md", "docs/tutorial/first-archive.md"])
def test_the_documents_start_with_a_crawl_that_works_as_it_stands_there(page: str, tmp_path: Path) -> None:
    """The last link of its first command, in a folder that is a checkout as far as Scrapy knows; what comes before it
    makes the environment that runs this test. Then the commands that it names next, but the one that needs a blog."""
    first, *then = start(page)
    *setup, crawl = first.split(" && ")
    assert setup == ["python3 -m venv .venv", ". .venv/bin/activate", "pip install -e ."]
    shutil.copy(ROOT / "scrapy.cfg", tmp_path)
    ours = ("NEWSARCHIVE_", "SCRAPY_")
    found = {name: value for name, value in warm.own_environment().items() if not name.startswith(ours)}
    environment = found | {"XDG_CONFIG_HOME": str(tmp_path)}
    for line in [crawl, *then]:
        program, *words = line.split()
        done = warm.run(program, *words, environment=environment, cwd=str(tmp_path))
        assert done.returncode == 0, done.stderr
    assert {"newsarchive.db", "articles.csv"} <= {path.name for path in tmp_path.iterdir()}
    assert "Night ferry" in (tmp_path / "articles.csv").read_text("utf-8-sig")


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl, which makes the key, is not installed")
def test_the_tutorial_makes_a_corpus_that_is_cited_signed_and_whole(tmp_path: Path) -> None:
    """Every command of the tutorial as it stands there, but the one that makes the environment of this test."""
    first, *lines = [
        line for block in blocks(WRITTEN["docs/tutorial/corpus.md"], "sh") for line in block.splitlines()
    ]
    assert first.endswith("pip install -e '.[export]'")
    environment = warm.own_environment() | {"XDG_CONFIG_HOME": str(tmp_path)}
    for line in lines:
        command, _, file = line.partition(" > ")
        program, *words = shlex.split(command)
        if program == "newsarchive":
            done = warm.run(program, *words, environment=environment, cwd=str(tmp_path))
        else:
            done = subprocess.run(
                [program, *words], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False
            )
        assert done.returncode == 0, (line, done.stderr)
        if file:
            (tmp_path / file).write_text(done.stdout, encoding="utf-8")
    assert "nwa:1:txt:" in (tmp_path / "corpus.csl.json").read_text("utf-8")
    cited = (tmp_path / "corpus.bib").read_text("utf-8")  # one of three: article 1 is the one that came first
    assert cited.startswith("@misc{nwa2025-")
    assert "http://salt-and-paper.example/2025/" in cited
    assert "The author asked for it" in (tmp_path / "withheld.csv").read_text("utf-8-sig")
    assert {"README.md", "datapackage.json"} <= {path.name for path in (tmp_path / "corpus").iterdir()}
    changed = bytearray((tmp_path / "corpus.wacz").read_bytes())
    changed[len(changed) // 3] ^= 1
    (tmp_path / "corpus.wacz").write_bytes(changed)
    checked = CliRunner().invoke(cli, ["check", str(tmp_path / "corpus.wacz")])
    assert checked.exit_code == 1, checked.output


@pytest.mark.slow
@pytest.mark.parametrize(
    "library", ["pandas", "duckdb", "from newsarchive import Archive", "from newsarchive import extract"]
)
def test_examples_of_the_guides_run(library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = [WRITTEN[f"docs/how-to/{name}.md"] for name in ("library", "notebook")]
    found = [block for page in pages for block in blocks(page, "python") if library in block]
    assert found
    monkeypatch.chdir(tmp_path)
    engine = open_engine("sqlite:///newsarchive.db")
    upgrade(engine)
    Store(engine).ingest([rich_article(), make_article(2, body="The ferry came back.")])
    engine.dispose()
    assert CliRunner().invoke(cli, ["export", "articles.parquet"]).exit_code == 0
    for block in found:
        if "polars" in block:
            pytest.importorskip("polars")
        exec(compile(block, "docs/how-to", "exec"), {"body": PAGE})


def example(page: str) -> dict[str, Any]:
    """What the first Python block of a guide defines."""
    names: dict[str, Any] = {}
    exec(compile(blocks(WRITTEN[f"docs/how-to/{page}.md"], "python")[0], page, "exec"), names)
    return names


def test_the_pipeline_of_the_guide_changes_an_article_and_nothing_else() -> None:
    pipeline = example("own-pipeline")["FlagPlaces"]()
    article = replace(make_article(1), headline="A ferry for Port Selby")
    assert pipeline.process_item(article).quality.flags[-1] == "names a place"
    for item in (replace(article, headline="Fares rise"), {"seen": "https://blog.example/"}):
        assert pipeline.process_item(item) is item


def test_the_format_of_the_guide_writes_a_line_an_article() -> None:
    target = BytesIO()
    assert (
        example("add-an-export-format")["write_headlines"]([make_article(1), make_article(2)], target, "")
        == 2
    )
    assert len([json.loads(line) for line in target.getvalue().splitlines()]) == 2


def test_the_platform_of_the_guide_is_one_that_the_tables_take() -> None:
    platforms, selectors, classes = (
        tomllib.loads(block) for block in blocks(WRITTEN["docs/how-to/add-a-platform.md"], "toml")
    )
    shipped = tomllib.loads((ROOT / "newsarchive/data/discovery/platforms.toml").read_text("utf-8"))
    keys = {key for platform in shipped["platform"] for key in platform}
    assert set(platforms["platform"][0]) <= keys
    assert set(selectors["select"]) <= set(LABELS)
    shipped = tomllib.loads((ROOT / "newsarchive/data/platforms/wordpress.toml").read_text("utf-8"))
    assert set(classes["body_classes"]) == set(shipped["body_classes"])


#: Characters of a line of a document. A longer one is not seen whole where two versions stand side by side.
MAX_LINE_CHARACTERS = 120


def too_long(text: str) -> list[int]:
    """The numbers of the lines that are too long. Rows of tables, code, and what has no space at which to break it may be longer."""
    found, in_code = [], False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            in_code = not in_code
        elif len(line) > MAX_LINE_CHARACTERS and not (in_code or line.lstrip().startswith(("|", "![", "<"))):
            breaks = line.rfind(" ", len(line) - len(line.lstrip(" -*0123456789.")), MAX_LINE_CHARACTERS + 1)
            found += [number] if breaks > 0 else []
    return found


def test_a_line_that_is_too_long_is_found() -> None:
    words = "a word " * 20
    text = f"{words}\n| {words} |\n```sh\n{words}\n```\n- {'x' * 130}\n- {words}\n![{words}](x.svg)"
    assert too_long(text) == [1, 7]


def test_the_lines_of_the_documents_fit_the_screen() -> None:
    wrong = [f"{name}:{number}" for name, text in WRITTEN.items() for number in too_long(text)]
    assert wrong == [], f"write at most {MAX_LINE_CHARACTERS} characters in a line"
