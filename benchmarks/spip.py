"""What the archive says of a real SPIP with the templates that come with it.

    python -m benchmarks.spip DATA/articles

DATA is as for `python -m benchmarks.generators`, and so is the table. Needs Debian's package `spip` and MariaDB. SPIP is copied into a
temporary folder, installed there by the forms of its own installer, on a database `newsarchive_spip` that is made anew and
dropped at the end, and served by PHP over loopback. Each blog is a site of 16 articles in four sections with authors and keywords. Every
third article has a lead (`chapô`), every fourth a postscript, every fifth a line above and below its title, every second comments in its
forum, and half of them a picture (`logo`). The sites differ in the form of their addresses (`/spip.php?article12`, or the title, `/Ferry-returns`), in the language of
what the templates print, and in whether the feed has whole texts.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import requests

from benchmarks.blog_scores import table
from benchmarks.made_blogs import CATEGORIES, HEADER, OWNER, SITE, TAGS, Blog, Post, compared, crawl, drawn
from newsarchive import Archive

PROGRAM = Path("/usr/share/spip")
DATABASE, PASSWORD = "newsarchive_spip", "spip"
#: Seconds that PHP may take to answer.
MAX_START_SECONDS = 30
#: What Apache does for SPIP by its `.htaccess`: an address without a file is SPIP's.
ROUTER = """<?php
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path !== '/' && file_exists(__DIR__ . $path)) return false;
if (preg_match(',^/(robots.txt|sitemap.xml|favicon.ico)$,', $path, $found)) $_GET['page'] = $found[1];
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/spip.php';
$_SERVER['SCRIPT_FILENAME'] = __DIR__ . '/spip.php';
chdir(__DIR__);
require 'spip.php';
"""
#: Comments, which belong to no text.
COMMENTS = (
    "I was there, and it was quite different.",
    "Thank you for this, it helped me a lot.",
    "Where can one read more of it?",
)


@dataclass(frozen=True)
class Site:
    """A site: the language of what the templates print, the form of its addresses, and whether its feed has whole texts."""

    name: str
    language: str = "en"
    addresses: str = "page"
    full_feed: bool = True


SITES = (
    Site("SPIP, English"),
    Site("SPIP, French words", "fr", "propres"),
    Site("SPIP, feed of excerpts", full_feed=False),
)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="a folder with truth.jsonl")
    parser.add_argument("--keep", type=Path, help="keep the archives (SQLite) in this folder")
    parser.add_argument(
        "--verbose", action="store_true", help="print every field that is not as it should be"
    )
    options = parser.parse_args()
    if not PROGRAM.exists():
        print("no SPIP here: apt-get install spip", file=sys.stderr)
        return 2
    rows: list[Sequence[str]] = [HEADER]
    for site in SITES:
        posts = with_pictures(drawn(options.data, site.name))
        with tempfile.TemporaryDirectory(prefix="spip-") as folder, serving(Path(folder) / "site") as url:
            fill(Path(folder) / "site", site, posts)
            database = (options.keep or Path(folder)) / f"{site.name.replace(', ', '-').replace(' ', '-')}.db"
            crawl(url, database)
            with Archive(database) as archive:
                rows.append(
                    compared(
                        Blog(site.name, lambda *_: Path()), posts, list(archive.articles()), options.verbose
                    )
                )
    print(table(rows))
    return 0


def with_pictures(posts: Sequence[Post]) -> list[Post]:
    return [replace(p, picture=f"picture{n}" if n % 2 else "") for n, p in enumerate(posts)]


# -- SPIP -----------------------------------------------------------------------------------------------------


@contextmanager
def serving(root: Path) -> Iterator[str]:
    """A SPIP in a folder, installed and without articles; its address."""
    shutil.copytree(
        PROGRAM,
        root,
        ignore_dangling_symlinks=True,
        ignore=shutil.ignore_patterns("sites", "mutualisation", "mes_options.php", "ecran_securite.php"),
    )
    for name in ("IMG", "local", "tmp", "config", "plugins"):
        (root / name).mkdir(exist_ok=True)
    (root / "router.php").write_text(ROUTER)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    account = f"{DATABASE}@127.0.0.1"
    sql(
        f"DROP DATABASE IF EXISTS {DATABASE}; CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4; "
        f"CREATE OR REPLACE USER {account} IDENTIFIED BY '{PASSWORD}'; GRANT ALL ON {DATABASE}.* TO {account}"
    )
    with (root.parent / "php.log").open("wb") as log:
        process = subprocess.Popen(
            ["php", "-S", address, "-t", str(root), str(root / "router.php")],
            stdout=log,
            stderr=log,
            env=os.environ | {"PHP_CLI_SERVER_WORKERS": "3"},
            start_new_session=True,
        )
        try:
            install(f"http://{address}")
            yield f"http://{address}"
        finally:
            os.killpg(process.pid, 15)  # PHP's workers are its own children, in a session of their own
            process.wait(60)
            sql(f"DROP DATABASE IF EXISTS {DATABASE}; DROP USER IF EXISTS {account}")


def install(url: str) -> None:
    """Go through the forms of the installer."""
    end = time.monotonic() + MAX_START_SECONDS
    while True:
        try:
            requests.get(f"{url}/ecrire/?exec=install", timeout=60).raise_for_status()
            break
        except requests.RequestException:
            if time.monotonic() > end:
                raise
            time.sleep(0.3)
    database = {
        "chmod": "511",
        "adresse_db": "127.0.0.1",
        "login_db": DATABASE,
        "pass_db": PASSWORD,
        "server_db": "mysql",
    }
    owner = {
        "login": "owner",
        "email": "owner@example.org",
        "nom": OWNER,
        "pass": "Wq8harbour22",
        "pass_verif": "Wq8harbour22",
    }
    for step in (
        {"etape": "1"}, {"etape": "2", **database}, {"etape": "3", **database, "choix_db": DATABASE, "tprefix": "spip"},
        {"etape": "3b", "server_db": "mysql", **owner}, {"etape": "4"}, {"etape": "fin"},
    ):  # fmt: skip
        answer = requests.post(
            f"{url}/ecrire/?exec=install",
            data={"exec": "install", **step},
            timeout=120,
            allow_redirects=False,
        )
        answer.raise_for_status()


def sql(statements: str, *options: str) -> None:
    subprocess.run(
        ["mariadb", "--default-character-set=utf8mb4", *options],
        input=statements,
        text=True,
        check=True,
        timeout=60,
    )


def quoted(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{text}'"


def insert(name: str, **values: object) -> str:
    return (
        f"INSERT INTO spip_{name} ({', '.join(values)}) VALUES ({', '.join(map(quoted, values.values()))});"
    )


def fill(root: Path, site: Site, posts: Sequence[Post]) -> None:
    """Put the settings, sections, authors, keywords, articles, comments and pictures into the database."""
    settings = {
        "nom_site": SITE, "slogan_site": "Notes from the quay", "descriptif_site": "A weblog about the coast", "langue_site": site.language,
        "syndication_integrale": "oui" if site.full_feed else "non", "articles_surtitre": "oui", "articles_soustitre": "oui",
        "articles_chapeau": "oui", "articles_ps": "oui", "articles_mots": "oui", "type_urls": site.addresses,
    }  # fmt: skip
    out = [
        f"REPLACE INTO spip_meta (nom, valeur, impt) VALUES ({quoted(n)}, {quoted(v)}, 'oui');"
        for n, v in settings.items()
    ]
    out.append(insert("groupes_mots", id_groupe=1, titre="Topics", tables_liees="articles"))
    for number, name in enumerate(CATEGORIES, 1):
        out.append(
            insert(
                "rubriques",
                id_rubrique=number,
                id_secteur=number,
                titre=name,
                statut="publie",
                date=posts[-1].date,
                lang=site.language,
            )
        )
    for number, name in enumerate(TAGS, 1):
        out.append(insert("mots", id_mot=number, id_groupe=1, titre=name, type="Topics"))
    people = {name: number for number, name in enumerate(dict.fromkeys(p.author for p in posts), 100)}
    for name, number in people.items():
        out.append(insert("auteurs", id_auteur=number, nom=name, statut="1comite", login=f"a{number}"))
    for number, post in enumerate(posts):
        out += article(root, site, number, post, people[post.author])
    sql("SET SESSION sql_mode='';" + "\n".join(out), DATABASE)
    shutil.rmtree(root / "tmp" / "cache", ignore_errors=True)
    (root / "tmp" / "meta_cache.php").unlink(missing_ok=True)


def article(root: Path, site: Site, number: int, post: Post, author: int) -> list[str]:
    paragraphs = [plain_text(p) for p in post.paragraphs]
    lead = paragraphs.pop(0) if number % 3 == 0 else ""
    postscript = paragraphs.pop() if number % 4 == 0 else ""
    at = f"{post.date:%Y-%m-%d %H:%M:%S}"
    section, key = CATEGORIES.index(post.category) + 1, number + 1
    out = [
        insert("articles", id_article=key, titre=plain_text(post.title), id_rubrique=section, id_secteur=section, chapo=lead,
               texte="\n\n".join(paragraphs), ps=postscript, date=at, statut="publie", lang=site.language, accepter_forum="pos",
               surtitre="Our series" if number % 5 == 0 else "", soustitre="What is behind it" if number % 5 == 0 else ""),
        insert("auteurs_liens", id_auteur=author, id_objet=key, objet="article"),
        *(insert("mots_liens", id_mot=TAGS.index(tag) + 1, id_objet=key, objet="article") for tag in post.tags),
    ]  # fmt: skip
    for n, comment in enumerate(COMMENTS if number % 2 == 0 else ()):
        out.append(
            insert("forum", id_objet=key, objet="article", id_thread=0, date_heure=post.date + timedelta(hours=5 + n), titre=post.title[:40],
                   texte=comment, auteur=f"Reader {n}", statut="publie")
        )  # fmt: skip
    if post.picture:
        folder = root / "IMG" / "logo"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{post.picture}.png").write_bytes(png(640, 360, number))
        out.append(
            insert(
                "documents",
                id_document=key,
                extension="png",
                fichier=f"logo/{post.picture}.png",
                media="image",
                mode="logoon",
                statut="publie",
                largeur=640,
                hauteur=360,
                date=at,
            )
        )
        out.append(insert("documents_liens", id_document=key, id_objet=key, objet="article"))
    out.append("UPDATE spip_forum SET id_thread=id_forum;")
    return out


def plain_text(paragraph: str) -> str:
    """A paragraph that SPIP shows as it is: the signs of its mark-up as references."""
    return "".join(f"&#{ord(c)};" if c in "{}[]<>|*_~-&#" else c for c in paragraph)


def png(width: int, height: int, shade: int) -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    row = b"\x00" + bytes([40 + shade * 9]) * width
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(row * height))
        + chunk(b"IEND", b"")
    )


if __name__ == "__main__":
    sys.exit(main())
