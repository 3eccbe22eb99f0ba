"""What reading the archive must not load: the start of a command is its imports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from newsarchive.db.frontier.sites import Sites
from newsarchive.db.writing.store import Store
from tests.support.storage import make_article, open_archive, rich_article

#: Each takes longer to import than a question to the archive takes to answer.
HEAVY = "publicsuffixlist scrapy twisted sqlalchemy alembic numpy lxml selectolax rich psycopg pyarrow pandas feedparser"

COMMANDS = {
    "--help": 0, "search --help": 0, "search here": 0, "search --site blog.example --json": 0,
    "search first --csv --page 1": 0, "search nothing": 1, "show 1": 0, "show 1 --json": 0, "show 2 --html": 0,
    "explain 1": 0, "history 2": 0, "diff 2": 0, "stats": 0, "stats --json": 0, "export - --format csv": 0,
    "export - --format jsonl": 0, "quarantine list": 0, "trace 2 --json": 0, "origins": 0, "publishers": 1, "schedule --cron": 0,
    "compare 1 2": 0, "sites list": 0, "sites export": 0, "sites export --format csv": 0,
    "sites show https://blog.example": 0, "sites template blog.example": 1, "db current": 0,
}  # fmt: skip

_SCRIPT = """
import sys
from click.testing import CliRunner
from newsarchive.cli import cli
for command, code in {commands!r}.items():
    words = command.split()
    words += [] if words[-1] == "--help" else ["--db", sys.argv[1]]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == code, (command, done.output, done.exception)
    loaded = [name for name in {heavy!r}.split() if name in sys.modules]
    assert not loaded, f"{{command}} loads {{loaded}}"
    kept = sys.modules.get("newsarchive.compiled")
    assert kept is None or kept._store._held is None, f"{{command}} reads what is kept of the rules"
"""


@pytest.mark.slow
def test_reading_commands_load_nothing_heavy(tmp_path: Path) -> None:
    """One process runs them all: what none of them loads, no single one loads."""
    with open_archive("sqlite", tmp_path) as engine:
        Store(engine).ingest([rich_article(), make_article(2)])
        Sites(engine).follow("https://blog.example", {})
    script = _SCRIPT.format(commands=COMMANDS, heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "archive.db")],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    "statement", ["import newsarchive", "from newsarchive import Archive", "import newsarchive.cli"]
)
def test_importing_loads_nothing_heavy(statement: str) -> None:
    code = f"{statement}\nimport sys\nprint([m for m in {HEAVY!r}.split() if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_repairing_a_line_loads_nothing_heavy() -> None:
    code = (
        "from newsarchive import repair\nassert repair('Trumpโ€™s “return”').text == 'Trump’s “return”'\n"
        f"import sys\nprint([m for m in {HEAVY!r}.split() if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_a_new_archive_is_made_without_alembic(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom newsarchive.db.engine import open_engine\nfrom newsarchive.db.schema import upgrade\n"
        "upgrade(open_engine(sys.argv[1]))\nprint('alembic' in sys.modules)"
    )
    for _ in range(2):  # a new one, and one that is there
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "archive.db")],
            capture_output=True, text=True, check=True, timeout=300,
        )  # fmt: skip
        assert done.stdout.strip() == "False"


#: What Scrapy's components and ours would load beside what a crawl needs; the first three take a quarter of a second.
UNUSED = "aiohttp requests tldextract alembic dateparser markdownify pyarrow pandas"


@pytest.mark.slow
def test_a_crawl_loads_nothing_that_it_does_not_use(tmp_path: Path) -> None:
    code = (
        "import atexit, sys\nfrom scrapy.cmdline import execute\n"
        f"atexit.register(lambda: print([m for m in {UNUSED!r}.split() if m in sys.modules]))\nexecute()"
    )
    command = (
        "scrapy",
        "crawl",
        "news",
        "-a",
        "url=demo",
        "-s",
        "DOWNLOAD_DELAY=0",
        "-s",
        "NEWSARCHIVE_TOUR=0",
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *command[1:]], cwd=tmp_path, env=os.environ | {"SCRAPY_SETTINGS_MODULE": "newsarchive.settings"},
        capture_output=True, text=True, check=True, timeout=300,
    )  # fmt: skip
    assert "3 new" in done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
