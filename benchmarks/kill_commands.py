"""`kill -9` at random moments of every command that writes, and what is true afterwards.

    python -m benchmarks.kill_commands --kills 50
    python -m benchmarks.kill_commands --only reextract --only backup --kills 10 --seed 7

A blog on this machine is crawled into an archive. Each command runs once undisturbed, on a copy of it; then it is killed
after a random part of that time, on a fresh copy. Afterwards the database must be whole (`PRAGMA integrity_check` and
`newsarchive db check`), no article may be gone or changed, no process of the command may go on, and the same command,
started again, must end with 0 and leave what it leaves undisturbed, and no WARC file named `.open`.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.blog_scores import table
from tests.crawling.test_crawl import front, post
from tests.support.serving import Answer, Site, served

POSTS = {f"/story-number-{number}-of-many/": post(f"Story {number}") for number in range(16)}

#: Marks the processes of this benchmark, by a variable of their environment.
MARK = "NEWSARCHIVE_BENCH_KILLS"

#: Seconds within which the children of a killed command must have ended.
ORPHAN_SECONDS = 15

#: Seconds that one run may take.
RUN_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Command:
    """`words` are those behind `newsarchive`, or behind `scrapy`; `before` changes the copy of the archive first. `takes` are the
    ids of articles whose texts the command takes out, and of which nothing may be readable when it has ended."""

    words: tuple[str, ...]
    module: str = "newsarchive"
    makes: str = ""
    before: Callable[[Path, Site], None] = lambda db, site: None
    takes: frozenset[int] = frozenset()
    #: The words of the command that tells whether what was made is whole. A kill may come when it has its name already.
    checks: tuple[str, ...] = ()
    #: The ids of articles whose texts the command brings back.
    brings: frozenset[int] = frozenset()


@dataclass(slots=True)
class Figures:
    kills: int = 0
    late: int = 0
    seconds: float = 0.0
    harm: list[str] = field(default_factory=list)


def empty(db: Path, site: Site) -> None:
    shutil.rmtree(db.parent)
    db.parent.mkdir()


def due(db: Path, site: Site) -> None:
    """Every post is due again."""
    with closing(sqlite3.connect(db)) as connection, connection:
        connection.execute("UPDATE urls SET next_check_at = '2000-01-01 00:00:00.000000'")


FIRST_CRAWL = Command(
    ("crawl", "news", "-a", "url={home}/", "-s", "NEWSARCHIVE_WORKERS=2"), "scrapy", before=empty
)

COMMANDS = {
    "crawl, two workers": FIRST_CRAWL,
    "crawl recrawl": Command(("crawl", "recrawl", "-a", "site={site}"), "scrapy", before=due),
    "crawl warc": Command(("crawl", "warc", "-a", "path={folder}/raw/*.warc.gz"), "scrapy", before=lambda db, site: foreign(db)),
    "crawl --all": Command(("crawl", "--all"), before=lambda db, site: followed(db, site)),
    "reextract": Command(("reextract", "--only-older-than", "99", "--workers", "2")),
    "learn": Command(("learn", "--all")),
    "recluster": Command(("recluster", "--afresh")),
    "db copy": Command(("db", "copy", "{db}", "{folder}/copy.db"), makes="copy.db"),
    "db rebuild": Command(("db", "rebuild")),
    "db vacuum": Command(("db", "vacuum")),
    "backup": Command(("backup", "{folder}/backup.db"), makes="backup.db"),
    "export csv": Command(("export", "{folder}/articles.csv"), makes="articles.csv"),
    "export parquet": Command(("export", "{folder}/articles.parquet"), makes="articles.parquet"),
    "export db": Command(("export", "{folder}/subset.db"), makes="subset.db"),
    "export bagit": Command(("export", "{folder}/bag", "--format", "bagit"), makes="bag/data/articles.jsonl", checks=("check", "{folder}/bag")),
    "export wacz": Command(("export", "{folder}/articles.wacz"), makes="articles.wacz", checks=("check", "{folder}/articles.wacz")),
    "correct add": Command(("correct", "add", "1", "--author", "Jane Doe", "--reason", "the printed edition")),
    "correct undo": Command(("correct", "undo", "1"), before=lambda db, site: corrected(db)),
    "withhold add": Command(("withhold", "add", "1", "2", "--reason", "the family asks"), takes=frozenset({1, 2})),
    "withhold lift": Command(("withhold", "lift", "1"), before=lambda db, site: withheld(db), brings=frozenset({1})),
    "withhold erase": Command(("withhold", "erase", "1", "--reason", "a court order", "--yes"), takes=frozenset({1})),
    "withhold import": Command(("withhold", "import", "{folder}/other.db"), before=lambda db, site: other(db), takes=frozenset({2})),
    "quarantine drop": Command(("quarantine", "drop", "1", "2", "3", "--reason", "a list of links")),
    "sites pause": Command(("sites", "pause", "{site}"), before=lambda db, site: followed(db, site)),
}  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=50, help="over all commands (default: 50)")
    parser.add_argument(
        "--only", action="append", choices=list(COMMANDS), help="this command; may be repeated"
    )
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chosen, chance = options.only or list(COMMANDS), random.Random(options.seed)
    os.environ[MARK] = f"{os.getpid()}"
    figures = {name: Figures() for name in chosen}
    with tempfile.TemporaryDirectory() as name, blog() as site:
        base = Path(name) / "base"
        base.mkdir()
        run(FIRST_CRAWL, base / "archive.db", site)
        for number in range(-len(chosen), options.kills):
            command = chosen[number % len(chosen)]
            place = Path(name) / "place"
            shutil.copytree(base, place)
            attempt(COMMANDS[command], figures[command], place / "archive.db", site, chance, kill=number >= 0)
            shutil.rmtree(place)
            print(
                f"{command}: {figures[command].kills} killed, {figures[command].harm or 'no harm'}",
                file=sys.stderr,
            )
    rows = [["command", "killed", "had ended before", "seconds undisturbed", "harm"]]
    for command, found in figures.items():
        rows.append(
            [
                command,
                str(found.kills),
                str(found.late),
                f"{found.seconds:.1f}",
                "; ".join(found.harm) or "none",
            ]
        )
    print(table(rows))
    print(f"{sum(one.kills for one in figures.values())} kills")
    return 1 if any(one.harm for one in figures.values()) else 0


@contextmanager
def blog() -> Iterator[Site]:
    slow = {path: Answer(page, wait=0.05) for path, page in POSTS.items()}
    with served({"/": front(*POSTS), **slow}) as site:
        yield site


def attempt(
    command: Command, found: Figures, db: Path, site: Site, chance: random.Random, *, kill: bool
) -> None:
    """One run that is killed, with everything that must hold afterwards, or the first run, which nobody disturbs."""
    command.before(db, site)
    if not kill:
        began = time.monotonic()
        run(command, db, site)
        found.seconds = time.monotonic() - began
        return
    before = articles(db, without=command.takes | command.brings)
    process = start(command, db, site)
    time.sleep(chance.random() * found.seconds)
    if process.poll() is None:
        found.kills += 1
    else:
        found.late += 1
    process.kill()
    process.communicate()
    had_ended = process.returncode == 0
    try:
        require(no_orphans(), "a process goes on")
        if db.exists():
            whole(db)
        require(before.items() <= articles(db).items(), "an article is gone or changed")
        if command.makes and had_ended:  # a second run would rightly refuse to replace its file
            return
        if command.checks and (db.parent / command.makes).exists():
            run(Command(command.checks), db, site)
            return
        run(command, db, site)
        whole(db)
        require(before.items() <= articles(db).items(), "an article is gone or changed after the next run")
        require(len(articles(db)) >= len(POSTS), "articles are missing")
        require(not texts(db, command.takes), "a text is still readable")
        require(len(texts(db, command.brings)) == len(command.brings), "a text did not come back")
        require(not list(db.parent.rglob("*.open")), "a WARC file is still .open")
        require(not command.makes or (db.parent / command.makes).stat().st_size > 1000, "nothing was made")
        left = [
            path.name for path in db.parent.iterdir() if path.name.endswith((".part", ".tmp", "-journal"))
        ]
        require(not left, f"left behind: {left}")
    except AssertionError as error:
        found.harm.append(str(error))


def require(holds: bool, harm: str) -> None:
    if not holds:
        raise AssertionError(harm)


def start(command: Command, db: Path, site: Site) -> subprocess.Popen[str]:
    names = {"home": site.home, "site": site.home.partition("//")[2], "db": str(db), "folder": str(db.parent)}
    words = [word.format(**names) for word in command.words]
    environment = os.environ | {
        "SCRAPY_SETTINGS_MODULE": "newsarchive.settings",
        "NEWSARCHIVE_DATABASE_URL": f"sqlite:///{db}",
        "NEWSARCHIVE_DOWNLOAD_DELAY": "0",
    }
    return subprocess.Popen(
        [sys.executable, "-m", command.module, *words],
        cwd=db.parent, env=environment, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def run(command: Command, db: Path, site: Site) -> None:
    """Run a command to its end. Raises `AssertionError` where it fails."""
    process = start(command, db, site)
    out, errors = process.communicate(timeout=RUN_SECONDS)
    require(
        process.returncode == 0, f"{command.words}: exit {process.returncode}: {errors[-300:] or out[-300:]}"
    )


def whole(db: Path) -> None:
    with closing(sqlite3.connect(db)) as connection:
        said = connection.execute("PRAGMA integrity_check").fetchall()
    require(said == [("ok",)], f"integrity: {said[:3]}")
    checked = subprocess.run(
        [sys.executable, "-m", "newsarchive", "db", "check", "--db", str(db)],
        capture_output=True,
        text=True,
        check=False,
    )
    require(checked.returncode == 0, f"db check: {checked.stdout[-300:]} {checked.stderr[-300:]}")


def articles(db: Path, without: frozenset[int] = frozenset()) -> dict[str, str]:
    """URL → text of the articles, but for those with these ids."""
    if not db.exists():
        return {}
    with closing(sqlite3.connect(db)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'articles'").fetchone():
            return {}
        found = connection.execute("SELECT id, url, article_body FROM articles").fetchall()
    return {url: body for number, url, body in found if number not in without}


def texts(db: Path, ids: frozenset[int]) -> list[str]:
    """The texts of the articles with these ids, without empty ones."""
    if not ids:
        return []
    with closing(sqlite3.connect(db)) as connection:
        found = connection.execute("SELECT id, article_body FROM articles").fetchall()
    return [body for number, body in found if number in ids and body]


def no_orphans() -> bool:
    end = time.monotonic() + ORPHAN_SECONDS
    while orphans() and time.monotonic() < end:
        time.sleep(0.2)
    return not orphans()


def orphans() -> list[int]:
    """Processes that a command of this run started, or became."""
    found = []
    mark = f"{MARK}={os.environ[MARK]}".encode()
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes().split(b"\0") and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def foreign(db: Path) -> None:
    """The raw bytes of the archive, as somebody else's files, and no archive."""
    raw = next(path for path in db.parent.rglob("*.warc.gz")).parent
    kept = db.parent.with_name("kept")
    shutil.copytree(raw, kept)
    shutil.rmtree(db.parent)
    db.parent.mkdir()
    kept.rename(db.parent / "raw")


def followed(db: Path, site: Site) -> None:
    """The blog is one of the followed sites."""
    prepared(db, "sites", "add", f"{site.home}/", "--yes")


def corrected(db: Path) -> None:
    prepared(db, "correct", "add", "1", "--author", "Jane Doe", "--reason", "the printed edition")


def withheld(db: Path) -> None:
    prepared(db, "withhold", "add", "1", "--reason", "the family asks")


def other(db: Path) -> None:
    """Another archive, which withholds article 2."""
    copy = db.with_name("other.db")
    prepared(db, "backup", str(copy))
    prepared(copy, "withhold", "add", "2", "--reason", "the family asks")


def prepared(db: Path, *words: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "newsarchive", *words],
        cwd=db.parent, env=os.environ | {"NEWSARCHIVE_DATABASE_URL": f"sqlite:///{db}"}, check=False, capture_output=True,
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
