"""One WordPress blog on loopback: installed into a database of its own, served by PHP, taken away again.

    with WordPress(Settings(title="A blog")) as wordpress:
        wordpress.run(actions=[{"do": "insert", "post": {...}}])
        wordpress.url           # http://127.0.0.7:38211/

Each blog has a loopback address of its own: archives tell sites apart by host. The database server is that of
`NEWSARCHIVE_TEST_MARIADB` (default `mysql://root@localhost:3306`: the socket). Themes are those of WordPress's own
folder, ours, and those in the folders of `NEWSARCHIVE_TEST_THEMES` (parted like `PATH`).
"""

from __future__ import annotations

import atexit
import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.support.left_behind import database_name, left_behind

PACKAGE = Path("/usr/share/wordpress")
HERE = Path(__file__).parent / "php"
INSTALL = "bash .ci/services"  # the one command that brings what is missing
#: The environment variable that names more folders with themes.
THEMES = "NEWSARCHIVE_TEST_THEMES"

#: Where MariaDB's socket is on Debian, on Debian from 14 on, on Fedora and with Homebrew. PHP knows the first of them.
SOCKETS = (
    "/run/mysqld/mysqld.sock",
    "/run/mariadbd/mysqld.sock",
    "/var/lib/mysql/mysql.sock",
    "/tmp/mysql.sock",
)
#: WordPress's own themes that are made of blocks, the oldest first.
BLOCK_THEMES = ("twentytwentytwo", "twentytwentythree", "twentytwentyfour", "twentytwentyfive")

#: 127.0.0.2 … 127.0.0.250: the next blog's address.
_addresses = itertools.count(os.getpid() % 200 + 2)


class WordPressError(RuntimeError):
    """PHP or WordPress failed; the message has what it printed."""


@dataclass(frozen=True)
class Settings:
    """What kind of blog it is. `theme` is `broadsheet` (ours, classic) or one of Debian's, all made of blocks; if not
    named, the newest of them that is installed.

    `permalinks` is WordPress's own notation, "" for `?p=ID`. `furniture`: see `php/blog.php`. `page_cache`
    answers with an ETag, and 304 to who has the page, as a caching plugin does, and renders a page again when the blog has
    changed; without it WordPress gives an ETag for feeds alone. `date_format` is PHP's (`F j, Y`), "" for WordPress's own. `seo` adds to each page's head what
    a plugin for search engines prints: the page then says of itself what a stock theme leaves out. `locale` is
    WordPress's own name of a language (`de_DE`), "" for English; Debian's wordpress-l10n has them.
    """

    title: str = "A blog"
    tagline: str = "News from elsewhere"
    theme: str = field(default_factory=lambda: newest_theme())
    permalinks: str = "/%year%/%monthnum%/%postname%/"
    rest: bool = True
    sitemaps: bool = True
    feeds: bool = True
    excerpt_feeds: bool = False
    posts_per_page: int = 10
    posts_per_feed: int = 10
    timezone: str = "Asia/Jakarta"
    locale: str = ""
    date_format: str = ""
    seo: bool = False
    page_cache: bool = False
    robots: str = ""
    furniture: tuple[Mapping[str, str], ...] = ()
    quotes: tuple[tuple[str, str], ...] = ()
    workers: int = 2

    def served(self) -> dict[str, Any]:
        """What the served blog reads of this: `settings.json`."""
        names = ("rest", "sitemaps", "feeds", "page_cache", "robots", "furniture", "quotes", "seo")
        return {name: getattr(self, name) for name in names}

    def options(self) -> dict[str, Any]:
        own = {"date_format": self.date_format} if self.date_format else {}
        return own | {
            "theme": self.theme,
            "permalink_structure": self.permalinks,
            "blogdescription": self.tagline,
            "posts_per_page": self.posts_per_page,
            "posts_per_rss": self.posts_per_feed,
            "rss_use_excerpt": int(self.excerpt_feeds),
            "timezone_string": self.timezone,
            "blog_public": 1,
            "wp_attachment_pages_enabled": 1,
            "default_pingback_flag": 0,
        }


@dataclass(frozen=True)
class Request:
    """One line of a blog's access log. `time` is a POSIX time, when the request came in."""

    time: float
    seconds: float
    method: str
    uri: str
    status: int
    user_agent: str
    if_none_match: str
    if_modified_since: str


@dataclass(frozen=True)
class Database:
    """Where MariaDB answers, and as whom. `localhost` means its socket, as everywhere in PHP."""

    host: str = "localhost"
    port: int = 3306
    user: str = "root"
    password: str = ""

    @classmethod
    def from_environment(cls) -> Database:
        url = urlsplit(os.environ.get("NEWSARCHIVE_TEST_MARIADB", "mysql://root@localhost:3306"))
        return cls(
            url.hostname or "localhost", url.port or 3306, url.username or "root", unquote(url.password or "")
        )

    def problem(self) -> str:
        """Why PHP cannot work with it, in one line; "" where it can."""
        return self._said("").partition("\n")[0]

    def drop_left_behind(self) -> None:
        """Drop the databases of blogs whose process was killed."""
        listing = "foreach ($d->query('SHOW DATABASES') as $row) { echo $row['Database'], ' '; }"
        for name in left_behind(self._said(listing).split()):
            self._said(f"$d->query('DROP DATABASE IF EXISTS {name}');")

    def _said(self, php: str) -> str:
        """What PHP says that runs these words with the connection `$d`: also why it could not."""
        php = f"[, $h, $p, $u, $w] = $argv; try {{ $d = new mysqli($h, $u, $w, '', (int) $p); {php} }}"
        php += " catch (Throwable $e) { echo $e->getMessage(); }"
        words = [*_php_words(), "-r", php, "--", self.host, str(self.port), self.user, self.password]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
        return (done.stdout + done.stderr).strip()


def _php_words() -> list[str]:
    """PHP's command, told where MariaDB's socket is."""
    found = [path for path in SOCKETS if Path(path).exists()]
    return ["php", "-d", f"mysqli.default_socket={found[0]}"] if found else ["php"]


@cache
def missing() -> str:
    """Why there can be no WordPress here, and what to type: "" where there can. Looked at once a process."""
    if not shutil.which("php"):
        return f"no PHP (Debian's php-cli): run `{INSTALL}` as root"
    if not (PACKAGE / "wp-settings.php").is_file():
        return f"no WordPress in {PACKAGE} (Debian's wordpress): run `{INSTALL}` as root"
    database = Database.from_environment()
    problem = database.problem()
    if not problem:
        database.drop_left_behind()
    if problem:
        remedy = f"run `{INSTALL}` as root, or set NEWSARCHIVE_TEST_MARIADB=mysql://USER:PASSWORD@HOST:PORT"
        return f"no MariaDB at {database.host}:{database.port} for {database.user} ({problem}): {remedy}"
    return ""


def themes() -> dict[str, Path]:
    """Name → folder of every theme that a blog here can have."""
    more = [Path(folder) for folder in os.environ.get(THEMES, "").split(os.pathsep) if folder]
    folders = [PACKAGE / "wp-content/themes", HERE / "themes", *more]
    found = [path for folder in folders if folder.is_dir() for path in sorted(folder.iterdir())]
    return {path.name: path for path in reversed(found) if (path / "style.css").is_file()}


def newest_theme() -> str:
    """The newest of WordPress's own themes that is installed: Debian 12 has none after Twenty Twenty-Three."""
    return max(
        (name for name in themes() if name in BLOCK_THEMES), key=BLOCK_THEMES.index, default=BLOCK_THEMES[-1]
    )


def missing_theme(name: str) -> str:
    """Why there can be no blog with this theme here, and what to do: "" where there can."""
    if name in themes():
        return ""
    return f"no theme {name} in {PACKAGE}: set {THEMES}=FOLDER to a folder that holds {name}/style.css"


def missing_locale(name: str) -> str:
    """Why there can be no blog in this language here, and what to do: "" where there can."""
    if not name or (PACKAGE / f"wp-content/languages/{name}.mo").is_file():
        return ""
    return f"no words of WordPress for {name}: install Debian's wordpress-l10n (`apt-get install wordpress-l10n`)"


@cache
def _folder_of_compiled() -> Path:
    """Where PHP's processes keep what they have compiled, until this process ends."""
    folder = Path(tempfile.mkdtemp(prefix="newsarchive-php-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _compiled() -> list[str]:
    """Options of PHP by which its processes share what they have compiled of WordPress: a short one takes 0.08 s of CPU time
    instead of 0.25."""
    folder = _folder_of_compiled()
    if not folder.is_dir():  # this process ends, and the last blogs are taken away
        return []
    return ["-d", "opcache.enable_cli=1", "-d", f"opcache.file_cache={folder}"]


@dataclass
class WordPress:
    """A blog from `__enter__` to `__exit__`. Raises `WordPressError` where PHP or WordPress fails."""

    settings: Settings = field(default_factory=Settings)
    #: a host name for the blog's addresses, which the caller sees to; "" for the loopback address itself
    host: str = ""
    _bound: str = field(init=False, default="", repr=False)
    _folder: Path = field(init=False, repr=False)
    _server: subprocess.Popen[bytes] | None = field(init=False, default=None, repr=False)
    #: What was read of the access log, and how many bytes that were.
    _requests: list[Request] = field(init=False, default_factory=list, repr=False)
    _read: int = field(init=False, default=0, repr=False)

    def __enter__(self) -> WordPress:
        if why := missing_theme(self.settings.theme):
            raise WordPressError(why)
        if why := missing_locale(self.settings.locale):
            raise WordPressError(why)
        self._folder = Path(tempfile.mkdtemp(prefix="newsarchive-wordpress-"))
        try:
            self._lay_out()
            install = {"title": self.settings.title, "locale": self.settings.locale}
            self._php({"database": "create", "install": install, "options": self.settings.options()})
            self._serve()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        with contextlib.suppress(WordPressError, subprocess.TimeoutExpired):
            if (self.docroot / "database.php").is_file():
                self._php({"database": "drop"})
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def docroot(self) -> Path:
        return self._folder / "htdocs"

    @property
    def url(self) -> str:
        """The front page."""
        return f"http://{self.address}/"

    @property
    def address(self) -> str:
        """Host and port in the blog's own URLs."""
        return self.host + ":" + self._bound.rpartition(":")[2] if self.host else self._bound

    @property
    def ip(self) -> str:
        """The loopback address that it answers on."""
        return self._bound.rpartition(":")[0]

    def run(
        self, actions: Sequence[Mapping[str, Any]] = (), options: Mapping[str, Any] | None = None
    ) -> list[Any]:
        """Carry out `do_*` functions of `php/setup.php`, in one PHP process; their answers, in order."""
        return self._php({"actions": list(actions), "options": dict(options or {})})["answers"]

    def change(self, **settings: Any) -> None:
        """Change what `Settings.served` and `Settings.options` cover, while the blog is up."""
        self.settings = replace(self.settings, **settings)
        self._write_settings()
        self.run(options=self.settings.options())

    def published(self) -> list[str]:
        """The permalinks of the posts that anyone may read, newest first, as WordPress itself lists them."""
        return [post["url"] for post in self.run([{"do": "published"}])[0]]

    def requests(self) -> list[Request]:
        """The access log so far; a line that is being written is not in it yet."""
        with contextlib.suppress(FileNotFoundError), (self._folder / "access.jsonl").open("rb") as log:
            log.seek(self._read)
            whole = log.read().rpartition(b"\n")[0]
            self._requests += [Request(**json.loads(line)) for line in whole.splitlines()]
            self._read += len(whole) + bool(whole)
        return list(self._requests)

    def forget_requests(self) -> None:
        (self._folder / "access.jsonl").unlink(missing_ok=True)
        self._requests, self._read = [], 0

    def stop(self) -> None:
        """End the server: its workers are its process group, and nothing else is in it."""
        server, self._server = self._server, None
        if server is None:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, sign)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(timeout=5)
                return

    def _lay_out(self) -> None:
        # Copies of the top-level files, so that WordPress takes this folder for its root; the rest are links.
        self.docroot.mkdir()
        for path in PACKAGE.glob("*.php"):
            if path.name != "wp-config.php":
                shutil.copy(path, self.docroot)
        for name in ("wp-includes", "wp-admin"):
            (self.docroot / name).symlink_to(PACKAGE / name)
        content = self.docroot / "wp-content"
        content.mkdir()
        (content / "languages").symlink_to(PACKAGE / "wp-content/languages")
        for name in ("themes", "mu-plugins", "uploads", "plugins"):
            (content / name).mkdir(parents=True)
        for name, theme in themes().items():
            (content / "themes" / name).symlink_to(theme.resolve())
        for plugin in ("blog.php", "seo.php"):
            shutil.copy(HERE / plugin, content / "mu-plugins")
        shutil.copy(HERE / "wp-config.php", self.docroot)
        self._bound = free_address()
        self._write_settings()
        self._write_database(Database.from_environment())

    def _write_settings(self) -> None:
        text = json.dumps(self.settings.served(), ensure_ascii=False)
        (self.docroot / "settings.json").write_text(text, encoding="utf-8")
        self._forget_pages()

    def _forget_pages(self) -> None:
        """Empty the page cache, as a caching plugin does where something changes."""
        shutil.rmtree(self._folder / "pages", ignore_errors=True)

    def _write_database(self, database: Database) -> None:
        values = {**vars(database), "name": database_name(), "address": self.address}
        php = f"<?php return json_decode({json.dumps(json.dumps(values))}, true);\n"
        (self.docroot / "database.php").write_text(php.replace("$", "\\$"), encoding="utf-8")

    def _php(self, job: Mapping[str, Any]) -> dict[str, Any]:
        done = subprocess.run(
            [
                *_php_words(),
                *_compiled(),
                "-d",
                "display_errors=stderr",
                "-d",
                "memory_limit=512M",
                HERE / "setup.php",
                self.docroot,
            ],
            input=json.dumps(job).encode(),
            capture_output=True,
            timeout=300,
            check=False,
        )
        self._forget_pages()
        if done.returncode != 0:
            raise WordPressError((done.stderr or done.stdout).decode(errors="replace")[-2000:])
        try:
            return dict(json.loads(done.stdout or b"{}"))
        except ValueError as error:
            raise WordPressError(done.stdout.decode(errors="replace")[-2000:]) from error

    def _serve(self) -> None:
        log = (self._folder / "php.log").open("wb")
        command = [*_php_words(), *_compiled(), "-d", "display_errors=stderr", "-d", "log_errors=1"]
        command += ["-S", self._bound, "-t", str(self.docroot), str(HERE / "router.php")]
        self._server = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "PHP_CLI_SERVER_WORKERS": str(self.settings.workers)},
        )
        log.close()
        self._wait()
        self.forget_requests()

    def _wait(self) -> None:
        deadline = time.monotonic() + 300
        while time.monotonic() < deadline:
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"http://{self._bound}/robots.txt", timeout=10),
            ):
                return
            if self._server is None or self._server.poll() is not None:
                break
            time.sleep(0.05)
        raise WordPressError(
            "the blog does not answer: " + (self._folder / "php.log").read_text(errors="replace")
        )


def free_address() -> str:
    host = f"127.0.0.{next(_addresses) % 249 + 2}"
    with socket.socket() as probe:
        try:
            probe.bind((host, 0))
        except OSError:  # a system whose loopback is 127.0.0.1 alone
            host = "127.0.0.1"
            probe.bind((host, 0))
        return f"{host}:{probe.getsockname()[1]}"
