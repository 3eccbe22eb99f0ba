"""The settings of a run, and where each was given: in one file, in the environment, or by an option.

    # newsarchive.toml
    database = "news.db"              # beside this file
    contact = "you@example.org"

    [crawl]
    limit = 200

The file is the one that `NEWSARCHIVE_CONFIG` (or `--config`) names, else `newsarchive.toml` in the current folder,
else the one in the user's own folder of settings. Variables of the environment take precedence over the file, and
options of a command over both. `newsarchive` and `scrapy crawl` ask here and nowhere else; `newsarchive config` prints
the answer.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple

from newsarchive.exceptions import UsageError
from newsarchive.times import first_moment

#: Where a standfirst may go; the first is the default.
STANDFIRSTS = ("description", "text")

#: How an SQLite database begins; no result of a command replaces one.
SQLITE_BEGINNING = b"SQLite format 3\0"
#: The options behind the file's name in a URL of SQLAlchemy, as in `sqlite:///news.db?timeout=30`.
_FILE_OPTIONS = re.compile(r"\?\w+=[^/]*$")

#: Where posts are looked for: the words of the setting `sources`.
SOURCES = ("wp-json", "feed", "sitemap", "archive")

#: The value of `crawl.workers` for as many processes as the machine has cores, and of `crawl.jobs` for as many sites as fit its memory.
AUTO = "auto"

#: The value of `log_format` for one JSON object a line.
JSON = "json"
#: What the lines of a log may be; the first is the default.
LOG_FORMATS = ("text", JSON)

FILE_NAME = "newsarchive.toml"
#: The variable that names the file; an option `--config` sets it for the command and all that it starts.
FILE_VARIABLE = "NEWSARCHIVE_CONFIG"
#: What the names of all our variables and of our Scrapy settings begin with.
PREFIX = "NEWSARCHIVE_"
#: Names with that prefix that are no keys of the file: passwords, and what one process of ours tells another.
OTHER_NAMES = frozenset(
    f"{PREFIX}{name}"
    for name in (
        "CONFIG", "CONFIG_ERROR", "KEEP_MESSAGES", "PARENT_MOVES_FILES", "QUIET", "SHARED_READINGS", "SHARE_LOCK",
        "STOP_WITH_PARENT", "TOUR", "WEBSUB_SECRET", "WEB_PASSWORD", "WEB_TOKEN",
    )
)  # fmt: skip
#: Variables of our own tests and benchmarks begin so.
TEST_PREFIXES = f"{PREFIX}TEST_", f"{PREFIX}BENCH_"
#: A password among the parameters of a database's URL, where PostgreSQL takes one too.
_PASSWORD = re.compile(r"([?&](?:ssl)?password=)[^&]+")
#: Tables that list sites, as `newsarchive sites import` reads them (`cli/sitelist.py` says what may stand in them).
SITE_TABLES = ("site", "global", "platform")

#: Makes a value of what a file (any type of TOML), the environment (text) or the settings of a Scrapy project (any type of
#: Python) hold; the folder is the file's, for paths that are not absolute. Raises `ValueError` with the rest of the sentence
#: "`key = value` …".
Reader = Callable[[Any, Path], Any]


class Value(NamedTuple):
    """The value of a setting, and where it was given: `default`, a file, a variable or an option."""

    name: str
    value: Any
    source: str


def as_text(value: Any, folder: Path) -> str:
    if not isinstance(value, str):
        raise ValueError('is no text: write it in quotes, as "you@example.org"')
    return value


def _web_address(value: Any, folder: Path) -> str:
    url = as_text(value, folder)
    if url and not url.startswith(("http://", "https://")):
        raise ValueError("is no web address: write it as https://hooks.example/newsarchive")
    return url


def _path(value: Any, folder: Path) -> str:
    return as_text(os.fspath(value) if isinstance(value, os.PathLike) else value, folder)


def _file(value: Any, folder: Path) -> str:
    """A path below the folder, unless it is absolute or in someone's home."""
    path = os.path.expanduser(_path(value, folder))
    if path.startswith("~"):
        raise ValueError("names a home that this system does not know: write the whole path")
    return str(folder / path) if path else ""


def _database(value: Any, folder: Path) -> str:
    """A database URL; a name is an SQLite file."""
    prefix = "sqlite:///"
    url = _path(value, folder)
    if not url:
        raise ValueError("names no file: write it as news.db, or postgresql://HOST/NAME")
    if "://" not in url:
        return prefix + _file(url, folder)
    name = url.removeprefix(prefix)
    return prefix + _file(name, folder) if name and name != ":memory:" and url.startswith(prefix) else url


def _switch_or_file(value: Any, folder: Path) -> str:
    """`on`, `off` (also in the other words of a switch) or a path."""
    try:
        return "on" if switch(value, folder) else "off"
    except ValueError:
        return _file(value, folder)


def _folder_or_address(value: Any, folder: Path) -> str:
    """`on`, `off`, a path, or an address of object storage. Raises `ValueError`."""
    word = str(value).strip()
    if "://" not in word:
        return _switch_or_file(value, folder)
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*://[^?#\s]+", word):
        raise ValueError("is no address of object storage: it reads s3://bucket/prefix")
    return word.rstrip("/")


def switch(value: Any, folder: Path) -> bool:
    """`true` or `false`, also as `on` and `off`, `yes` and `no`, 1 and 0. Raises `ValueError`."""
    word = str(value).lower() if isinstance(value, int | str) else ""
    if word not in ("true", "on", "yes", "1", "false", "off", "no", "0"):
        raise ValueError("is neither true nor false")
    return word in ("true", "on", "yes", "1")


def whole_number(lowest: int, highest: int = 10**6) -> Reader:
    def read(value: Any, folder: Path) -> int:
        number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
        if type(number) is not int or not lowest <= number <= highest:
            raise ValueError(f"is no whole number from {lowest} to {highest}")
        return number

    return read


def _number_or_auto(lowest: int, highest: int) -> Reader:
    def read(value: Any, folder: Path) -> int | str:
        if value == AUTO:
            return AUTO
        try:
            return int(whole_number(lowest, highest)(value, folder))
        except ValueError as error:
            raise ValueError(f'{error}, and not "{AUTO}"') from None

    return read


def any_number(lowest: float, highest: float) -> Reader:
    def read(value: Any, folder: Path) -> float:
        try:
            number = float(value) if not isinstance(value, bool) else None
        except (TypeError, ValueError, OverflowError):
            number = None
        if number is None or not lowest <= number <= highest:
            raise ValueError(f"is no number from {lowest:g} to {highest:g}")
        return number

    return read


def as_day(value: Any, folder: Path) -> str:
    """A day as TOML or a person writes it, as text."""
    if isinstance(value, date):  # TOML has dates of its own; a time is one too
        return value.isoformat()
    try:
        first_moment(text := as_text(value, folder))
    except ValueError:
        raise ValueError("is no date: write it as 2025-01-31") from None
    return text


def as_words(value: Any, folder: Path) -> list[str]:
    """A list of words, or a text with commas between them."""
    words = value.split(",") if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
        raise ValueError('is no list of words: write it as ["first", "second"]')
    return [word.strip() for word in words if word.strip()]


def each(pattern: re.Pattern[str], kind: str) -> Reader:
    """Reads words that all match a pattern: each is of this `kind`."""

    def read(value: Any, folder: Path) -> list[str]:
        words = as_words(value, folder)
        if wrong := [word for word in words if not pattern.fullmatch(word)]:
            raise ValueError(f"holds {wrong[0]!r}, which is no {kind}")
        return words

    return read


as_sources = each(re.compile("|".join(SOURCES)), f"source of posts; there are {', '.join(SOURCES)}")
as_paths = each(re.compile("/.*"), "beginning of a path such as /podcast/")


def _hosts_or_networks(value: Any, folder: Path) -> list[str]:
    from newsarchive.private_networks import Allowance  # the modules of networks take a while to load

    words = as_words(value, folder)
    try:
        Allowance.read(words)
    except ValueError as error:
        raise ValueError(f"cannot be used: {error}") from None
    return words


def _one_of(*choices: str) -> Reader:
    def read(value: Any, folder: Path) -> str:
        if value not in choices:
            raise ValueError(f"is none of {', '.join(choices)}")
        return str(value)

    return read


class Key(NamedTuple):
    """A setting: its name in the file (`table.key`), its variable, the Scrapy settings that it gives, and what it does
    (for the reference)."""

    name: str
    read: Reader
    default: Any
    variable: str
    settings: tuple[str, ...]
    meaning: str


def _key(name: str, read: Reader, default: Any, meaning: str, *settings: str, variable: str = "") -> Key:
    """A key with the variable and the setting that its name asks for, unless others are given."""
    variable = variable or f"NEWSARCHIVE_{name.rpartition('.')[2].upper()}"
    return Key(name, read, default, variable, settings or (variable,), meaning)


#: Everything that can be set, in the order in which `newsarchive config` shows it.
KEYS: Mapping[str, Key] = {
    key.name: key
    for key in (
        _key(
            "database", _database, "sqlite:///newsarchive.db",
            "where the articles go: a file, or `postgresql://HOST/NAME` (needs `pip install 'newsarchive[postgres]'`)",
            variable="NEWSARCHIVE_DATABASE_URL",
        ),
        _key("contact", as_text, "", "a mail address or a web page, for the user agent, by which a site's owner reaches you"),
        _key(
            "warc", _folder_or_address, "on",
            "raw bytes in WARC files: `on` (a folder beside the database), `off`, a folder, or object storage (`s3://BUCKET/PREFIX`;"
            " needs `pip install 'newsarchive[s3]'`)",
        ),
        _key(
            "warc_staging", _file, "",
            "with object storage: a folder of this machine, in which WARC files are written until they are full or their crawl ends; by"
            " default one beside the database, or in the working directory",
        ),
        _key("rules", _file, "", "a folder of TOML files that add to ours, or replace those of the same name"),
        _key(
            "steps", as_words, [],
            "steps of your own, and steps left out: `shorten after chrome`, `my-extractor instead of extract`, `without origin`",
        ),
        _key(
            "browser", _switch_or_file, "off",
            "fetch pages that hold nothing without JavaScript through Chromium, where feed and API lack the text: `on`"
            " (the system's), or its path; needs `pip install 'newsarchive[browser]'`",
        ),
        _key(
            "standfirst", _one_of(*STANDFIRSTS), STANDFIRSTS[0],
            "where the sentence between headline and text goes: `description` (kept beside the article) or `text` (its"
            " first paragraph)",
        ),
        _key(
            "paraphrases", any_number(0.3, 1), None,
            "the score (0.3 to 1) from which `newsarchive recluster` links paraphrases; without it, none are linked",
        ),
        _key(
            "alarm_command", as_text, "",
            "a command, run without a shell, that gets each new [alarm](../how-to/watch.md) of a crawl as JSON on its standard"
            " input",
        ),
        _key(
            "metrics", _file, "",
            "a file that each crawl replaces by the archive's numbers in Prometheus' text format, for node_exporter's textfile"
            " collector",
        ),
        _key("log_format", _one_of(*LOG_FORMATS), LOG_FORMATS[0], "lines of a crawl's log: `text`, or `json` (one object each)"),
        _key("alarm_webhook", _web_address, "", "an address to which the same JSON is sent by POST"),
        _key("crawl.limit", whole_number(1), None, "fetch at most this many posts in one crawl"),
        _key("crawl.since", as_day, "", "leave out posts older than this day"),
        _key("crawl.sources", as_sources, [], "where to look: `wp-json`, `feed`, `sitemap`, `archive`; all of them by default"),
        _key(
            "crawl.delay", any_number(0, 3600), 1.0, "seconds between two requests to a site",
            "DOWNLOAD_DELAY", "AUTOTHROTTLE_START_DELAY",
        ),
        _key("crawl.user_agent", as_text, "", "who we say we are; by default our name with the contact", "USER_AGENT"),
        _key(
            "crawl.workers", _number_or_auto(0, 256), AUTO,
            "processes that read pages: a number, 0 for the crawl's own process alone, or `auto` (as many as the machine has"
            " cores, up to three, and none in a crawl of fewer than 20 posts or with one core)",
        ),
        _key(
            "crawl.page_seconds", any_number(0.1, 3600), 10.0,
            "seconds of CPU time (or six times as long by the clock) after which a worker process is stopped, and its page"
            " refused as `too slow`; its bytes are kept",
        ),
        _key(
            "crawl.max_crawl_delay", any_number(0, 86400), 120.0,
            "seconds between two requests that robots.txt may ask for; a longer `Crawl-delay` counts as this one",
        ),
        _key(
            "crawl.max_retry_after", any_number(0, 86400), 300.0,
            "seconds that a site may have a crawl wait (`Retry-After`) before it gives another answer; then it is left",
        ),
        _key(
            "crawl.max_posts", whole_number(1), 50_000,
            "posts of one site that one crawl asks for; further ones wait for the next crawl",
        ),
        # Real sitemaps have stretches of a hundred pages that are no posts. At a request a second the crawl loses eight minutes.
        _key(
            "crawl.max_barren_posts", whole_number(1), 500,
            "posts in a row, named by one kind of source (a sitemap, archive pages), that are no articles; what such a source"
            " names besides waits for the next crawl",
        ),
        # With fewer, the downloader waits for the pipelines.
        _key(
            "crawl.in_flight", whole_number(1, 1000), 8,
            "posts of one site that may be fetched and not stored yet; a killed crawl fetches at most these again",
        ),
        _key(
            "crawl.learn", switch, True,
            "learn what a site repeats on all its pages, while a new site's pages come in and at the end of a crawl, with"
            " what other sites hold; needs `warc`",
        ),
        _key("crawl.honour_noarchive", switch, True, "leave out pages that say `noarchive`"),
        _key(
            "crawl.tdmrep", switch, False,
            "ask each site once a crawl for `/.well-known/tdmrep.json`, in which it may reserve text and data mining",
        ),
        _key(
            "crawl.allow_private", _hosts_or_networks, [],
            "private addresses that pages of the internet may lead to: hosts and networks, `intranet.example, 10.1.0.0/16`, or"
            " `all`; a private site that you name yourself opens its own host and port without it",
        ),
        _key(
            "crawl.jobs", _number_or_auto(1, 64), AUTO,
            "sites that `newsarchive crawl` crawls side by side: a number, or `auto` (one for each 500 MB of memory at hand, up to"
            " four)",
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Config:
    """All settings: `values` by name, the `file` that was read (`None` for none), and its `tables` of sites as TOML."""

    values: Mapping[str, Value]
    file: Path | None = None
    tables: Mapping[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        return self.values[name].value

    def source(self, name: str) -> str:
        """Where the value was given."""
        return self.values[name].source

    def with_option(self, name: str, value: Any, option: str) -> Config:
        """The same settings, with the value of an option of the command line."""
        given = read_value(KEYS[name], value, Path(), option)
        return replace(self, values={**self.values, name: Value(name, given, f"option {option}")})

    def settings(self) -> dict[str, Any]:
        """The Scrapy settings that follow. A setting that is empty by default and was not given is left out."""
        return {
            setting: self[key.name]
            for key in KEYS.values()
            for setting in key.settings
            if self.source(key.name) != "default" or key.default not in (None, "")
        }


def defaults() -> Config:
    """The settings where none is given."""
    return Config({key.name: Value(key.name, key.default, "default") for key in KEYS.values()})


def load(file: str | os.PathLike[str] = "") -> Config:
    """The settings of this run. Raises `UsageError`, naming file and key, for what cannot be read or is not understood."""
    path = find(file)
    values = dict(defaults().values)
    tables: dict[str, Any] = {}
    if path is not None:
        said, tables = read_file(path)
        values |= said
    for key in KEYS.values():
        if text := os.environ.get(key.variable):
            where = f"environment {key.variable}"
            values[key.name] = Value(key.name, read_value(key, text, Path(), where), where)
    return Config(values, path, tables)


def unknown(names: Iterable[str], *, settings: bool = False) -> dict[str, str]:
    """Variables that begin as ours do and are none (or Scrapy settings, with `settings`), each with the rest of a message.

    >>> unknown(["NEWSARCHIVE_DATABASE", "NEWSARCHIVE_WARC", "HOME"])
    {'NEWSARCHIVE_DATABASE': 'no such setting; did you mean NEWSARCHIVE_DATABASE_URL?'}
    >>> unknown(["NEWSARCHIVE_DELAY"]), unknown(["NEWSARCHIVE_DELAY"], settings=True)
    ({}, {'NEWSARCHIVE_DELAY': 'no such setting; did you mean DOWNLOAD_DELAY?'})
    """
    #: a name without its beginning → the whole name by which it is given here
    words = {
        key.variable.removeprefix(PREFIX): key.settings[0] if settings else key.variable
        for key in KEYS.values()
    }
    known = OTHER_NAMES | set(words.values())
    found = {}
    for name in sorted(names):
        if not name.startswith(PREFIX) or name.startswith(TEST_PREFIXES) or name in known:
            continue
        near = get_close_matches(name.removeprefix(PREFIX), words, n=1)
        meant = f"; did you mean {words[near[0]]}?" if near else ": newsarchive config lists those there are"
        found[name] = f"no such setting{meant}"
    return found


def find(file: str | os.PathLike[str] = "") -> Path | None:
    """The file of settings, `None` where there is none. Raises `UsageError` where one is named and does not exist."""
    if named := os.fspath(file) or os.environ.get(FILE_VARIABLE, ""):
        path = Path(os.path.expanduser(named))
        if not path.is_file():
            raise UsageError(
                f"{named}: no such file: write one (newsarchive config --help shows how), or leave out --config and {FILE_VARIABLE}"
            )
        return path
    return next((path for path in (Path(FILE_NAME), user_folder() / FILE_NAME) if path.is_file()), None)


def user_folder() -> Path:
    """The folder in which programs keep the user's settings on this system; one that is not there for a user without a home."""
    if sys.platform == "win32":
        folder = os.environ.get("APPDATA") or "~/AppData/Roaming"
    elif sys.platform == "darwin":
        folder = "~/Library/Application Support"
    else:
        folder = os.environ.get("XDG_CONFIG_HOME") or "~/.config"
    return Path(os.path.expanduser(folder)) / "newsarchive"


def read_file(path: Path) -> tuple[dict[str, Value], dict[str, Any]]:
    """The values of a file by name, and its tables of sites. Raises `UsageError`."""
    import tomllib

    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise UsageError(
            f"{path}: line {line} is not in UTF-8: save the file again in that encoding"
        ) from error
    # Also for a number of 5,000 digits, or a list in a list in …
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}") from error
    tables = {name: content.pop(name) for name in SITE_TABLES if name in content}
    crawl = content.pop("crawl", {})
    if not isinstance(crawl, dict):
        raise UsageError(f"{path}: crawl = {crawl!r} is no table: write [crawl] in a line of its own")
    flat = content | {f"crawl.{name}": value for name, value in crawl.items()}
    found = {}
    for name, value in flat.items():
        if name not in KEYS:
            raise UsageError(f"{path}: {name}: no such key{nearest(name)}")
        found[name] = Value(name, read_value(KEYS[name], value, path.parent, str(path)), str(path))
    return found, tables


def read_value(key: Key, value: Any, folder: Path, where: str) -> Any:
    """The value as the key's type. Raises `UsageError`, naming the place, the key and what is wrong."""
    try:
        return key.read(value, folder)
    except ValueError as error:
        name = "" if key.variable in where or where.startswith("-") else f"{key.name} = "
        raise UsageError(f"{where}: {name}{value!r} {error}") from None


def read_setting(key: Key, value: Any, where: str) -> Any:
    """A setting of a Scrapy project as the key's type. `None` and "" say what "" says in the file, and where it says nothing
    there, the default holds. Raises `UsageError` as `read_value` does."""
    if value is not None and value != "":
        return read_value(key, value, Path(), where)
    try:
        return key.read("", Path())
    except ValueError:
        return key.default


def nearest(name: str) -> str:
    """The end of a message on a wrong key: the known key that is likely meant, else all keys."""
    known = {known.rpartition(".")[2]: known for known in KEYS} | {
        table: f"[{table}]" for table in SITE_TABLES
    }
    if found := get_close_matches(name.rpartition(".")[2], known, n=1):
        meant = known[found[0]]
        table, _, key = meant.rpartition(".")
        return f"; did you mean {key} in [{table}]?" if table else f"; did you mean {meant}?"
    return f"; there are {', '.join(KEYS)}, and the tables of sites"


def shown(value: Any) -> str:
    """A value as a person reads it: "" for none."""
    if isinstance(value, list):
        return ", ".join(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def without_secret(name: str, value: Any) -> Any:
    """The value of a key, with stars for the password of a database, and for all of a webhook's address but its server:
    whoever knows it can write there."""
    if name == "alarm_webhook" and value:
        return "{0}//{2}/***".format(*without_password(value).split("/"))
    return without_password(value) if isinstance(value, str) else value


def without_password(url: str) -> str:
    """`postgresql://me:***@host/news` for a URL with a password; any other text as it is.

    >>> without_password("postgresql://host/news?user=me&password=secret")
    'postgresql://host/news?user=me&password=***'
    """
    if "://" in url:
        url = _PASSWORD.sub(r"\1***", url)
    scheme, mark, rest = url.partition("://")
    account, at, host = rest.rpartition("@")
    user, colon, _ = account.partition(":")
    return f"{scheme}{mark}{user}:***{at}{host}" if mark and at and colon else url


def pasted(url: str) -> str:
    """The address of a database in a command to paste, of an address that is shown with its password starred out: without one.
    The server's driver then looks for the password in `~/.pgpass` and PGPASSWORD.

    >>> pasted("postgresql://me:***@host/news"), pasted("postgresql://host/news?password=***&user=me"), pasted("news.db")
    ('postgresql://me@host/news', 'postgresql://host/news?user=me', 'news.db')
    """
    if "://" not in url:
        return url
    return re.sub(r"(?<=[?&])(?:ssl)?password=\*{3}&?", "", url.replace(":***@", "@", 1)).rstrip("?&")


def plain_file(url: str) -> str | None:
    """The file's name where `url` is one, or an SQLite URL without options. None for every other URL.

    >>> plain_file("sqlite:///news.db"), plain_file("what's new?.db"), plain_file("sqlite:///news.db?timeout=30")
    ('news.db', "what's new?.db", None)
    """
    name = url.removeprefix("sqlite:///")
    return None if "://" in name or _FILE_OPTIONS.search(name) else name


def file_of(url: str) -> str:
    """The name of an archive's file, "" for an archive on a server.

    >>> file_of("what's new?/news.db"), file_of("sqlite:///news.db?timeout=30"), file_of("postgresql://server/news")
    ("what's new?/news.db", 'news.db', '')
    """
    name = url.replace("sqlite+pysqlite:///", "sqlite:///", 1).removeprefix("sqlite:///")
    return "" if "://" in name else _FILE_OPTIONS.sub("", name)
