"""Where the articles of a crawl are, and what to type next: the last words of every crawl."""

from __future__ import annotations

import shlex
from pathlib import Path

from newsarchive import config
from newsarchive.cli.common import database_url


def place(url: str) -> str:
    """The archive as a person names it: a file, or the address of a database without its password.

    >>> place("sqlite:///news.db"), place("postgresql://me:secret@localhost/news")
    ('news.db', 'postgresql://me:***@localhost/news')
    """
    return config.without_password(url.removeprefix("sqlite:///"))


def next_steps(url: str, warc: str, *, word: str = "WORDS", first: int = 0, blog: str = "") -> str:
    """Sentences for the end of a crawl into the archive at `url`, whose raw pages go where `warc` says (`on`, `off`, a
    folder).

    `word` is one to search for, `first` the id of an article to show, `blog` the address of one to crawl next. The
    commands name the archive where it is not the one that they would open anyway.
    """
    name = place(url)
    default = database_url(config.load()["database"])
    option = "" if url == default else f" --db {shlex.quote(name)}"
    commands = [f"search {word}", *([f"show {first}"] if first else []), "export articles.csv"]
    commands += [f"crawl {blog}"] if blog else []
    said = [f"The articles are in {name}."]
    if warc != "off":
        said.append(f"The pages as they were received are in {raw_pages(url, warc)}.")
    return "\n".join([*said, "What to type next:", *(f"  newsarchive {c}{option}" for c in commands)])


def raw_pages(url: str, warc: str) -> Path:
    """The folder of the WARC files."""
    from newsarchive.warc.files import default_folder

    return default_folder(url) if warc == "on" else Path(warc)
