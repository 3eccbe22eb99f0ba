"""How time and memory grow with the size of an input: `python -m benchmarks.growth [--only WORD]`.

Each shape is a way to fill a text, a page or a sitemap that made some program take time in the square of its length, or
memory without end. It is measured at n, 2n and 4n characters, each in a process of its own, with a limit of
`MAX_CPU_SECONDS` and `MAX_MEMORY_MB`. The exit code is 1 where time or memory grows far faster than the input, where a
limit is reached, and where something else than `NotAnArticle` is raised.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import resource
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from typing import NamedTuple

import newsarchive
from newsarchive import rules
from newsarchive.core.discovery import find
from newsarchive.core.discovery.sitemaps import parse_sitemap
from newsarchive.core.encoding.charsets import SINGLE_BYTE
from newsarchive.exceptions import NotAnArticle

#: In characters: the smallest of the three sizes of a text, and of a page or sitemap.
TEXT_CHARACTERS = 8_000
PAGE_CHARACTERS = 150_000
#: In seconds of CPU: a process that takes longer is ended.
MAX_CPU_SECONDS = 20
#: In MB of address space: a process that asks for more gets a `MemoryError`.
MAX_MEMORY_MB = 3_000
#: Time at 4n by time at n: linear growth gives 4, quadratic 16. More than this is too much.
MAX_TIME_RATIO = 9.0
#: In seconds: what takes less than this at 4n is fast enough, however it grows.
MIN_TOLD_SECONDS = 0.5
#: In bytes of memory for each character of the input: more than this at 4n is too much.
MAX_BYTES_A_CHARACTER = 4_000

ADDRESS = "https://blog.example/2024/05/one-post/"
SENTENCE = "The ministers agreed to continue their talks about the agreement on Tuesday. "
CHINESE = "国务院新闻办公室今天举行新闻发布会，介绍了今年上半年经济运行情况，并回答了记者的提问。"
RUSSIAN = "Министры договорились продолжить переговоры о соглашении во вторник, сообщает «Эхо». "
VIETNAMESE = "Các bộ trưởng đã đồng ý tiếp tục đàm phán về hiệp định vào thứ Ba. "


class Shape(NamedTuple):
    """A name, what makes an input of n characters, and what reads it."""

    name: str
    made: Callable[[int], str]
    read: Callable[[str], object]


class Measured(NamedTuple):
    """CPU time in seconds, additional peak memory in MB, and what went wrong, "" for nothing."""

    seconds: float
    megabytes: float
    problem: str = ""


def _repeated(part: str, size: int) -> str:
    return (part * (size // len(part) + 1))[:size]


def _misread(text: str, codec: str, size: int, undefined: str = "") -> str:
    """A text that was read with a wrong codec, with this in place of bytes that the codec does not define."""
    line = text.encode().decode(SINGLE_BYTE[codec], "replace").replace("\ufffd", undefined)
    return _repeated(line, size)


def _noise(first: int, last: int, size: int) -> str:
    """Characters at random, always the same."""
    chance = random.Random(size)
    return "".join(chr(chance.randint(first, last)) for _ in range(size))


def _numbered(part: str, size: int) -> str:
    return "".join(part.format(n=n) for n in range(size // len(part)))


def _page(body: str, head: str = "") -> str:
    return (
        f"<!DOCTYPE html><html><head><title>A headline of this post</title>{head}</head><body><article>"
        f"<h1>A headline of this post</h1><p>{SENTENCE * 5}</p>{body}<p>{SENTENCE * 5}</p></article></body></html>"
    )


def _inside(part: str, size: int) -> str:
    return _page(f"<p>{_repeated(part, size)}</p>")


def _elements(part: str, size: int) -> str:
    return _page(_repeated(part, size))


def _attributes(size: int) -> str:
    return _page(f"<p {_numbered('a{n}=1 ', size)}>{SENTENCE}</p>")


def _long_id(size: int) -> str:
    return _page(f'<div id="{"x" * (size // 2)}">{"<p>A short paragraph.</p>" * (size // 50)}</div>')


def _class_of_slashes(size: int) -> str:
    return _page(f'<div class="{"a/" * (size // 4)}">{"<p>A short paragraph.</p>" * (size // 50)}</div>')


def _elements_numbered(part: str, size: int) -> str:
    return _page(_numbered(part, size))


def _feed(size: int) -> str:
    item = "<item><title>Post {n}</title><link>https://blog.example/2024/05/post-{n}/</link></item>"
    return f"<rss version='2.0'><channel>{_numbered(item, size)}</channel></rss>"


def _canonical(size: int) -> str:
    address = f"http://192.0.2.7/{'a/' * (size // 2)}"
    return _page("", f'<link rel="canonical" href="{address}"><meta property="og:url" content="{address}">')


def _sitemap(part: str, size: int) -> str:
    return f"<urlset><url><loc>https://blog.example/{_repeated(part, size)}</loc></url></urlset>"


def _repair(text: str) -> object:
    return newsarchive.repair(text)


def _extract(text: str) -> object:
    try:
        return newsarchive.extract(text.encode("utf-8", "surrogatepass"), url=ADDRESS)
    except NotAnArticle as reason:
        return reason


def _discover(text: str) -> object:
    table = rules.default()
    return [
        find.judge_links(text, ADDRESS, table),
        find.pagination(text, ADDRESS, table),
        find.page_parts(text, ADDRESS),
        find.page_kind(text, ADDRESS, table),
    ]


def _read_sitemap(text: str) -> object:
    return parse_sitemap(text.encode(), "https://blog.example/sitemap.xml", rules.default())


TEXTS: dict[str, Callable[[int], str]] = {
    "aÂ b": partial(_repeated, "aÂ b "),
    "â": partial(_repeated, "â"),
    "â€": partial(_repeated, "â€"),
    "â€ in words": partial(_repeated, "a wordâ€ and â€another, "),
    "©": partial(_repeated, "©"),
    "Ã": partial(_repeated, "Ã"),
    "ÃÃ©": partial(_repeated, "ÃÂ©"),
    "Chinese as windows-874, bytes gone": partial(_misread, CHINESE, "windows-874"),
    "Chinese as windows-874, U+FFFD": partial(_misread, CHINESE, "windows-874", undefined="\ufffd"),
    "Chinese as windows-1252, bytes gone": partial(_misread, CHINESE, "windows-1252"),
    "Chinese as windows-1252, ?": partial(_misread, CHINESE, "windows-1252", undefined="?"),
    "Russian as windows-1252, bytes gone": partial(_misread, RUSSIAN, "windows-1252"),
    "Russian as windows-1253, bytes gone": partial(_misread, RUSSIAN, "windows-1253"),
    "Vietnamese as windows-1252, bytes gone": partial(_misread, VIETNAMESE, "windows-1252"),
    "Vietnamese as windows-1258, bytes gone": partial(_misread, VIETNAMESE, "windows-1258"),
    "Latin-1 at random": partial(_noise, 0xA0, 0xFF),
    "Cyrillic at random": partial(_noise, 0x400, 0x45F),
    "Thai at random": partial(_noise, 0xE01, 0xE5B),
    "Han at random": partial(_noise, 0x4E00, 0x9FFF),
    "路中": partial(_repeated, "路中"),
    "anything at random": partial(_noise, 0x80, 0x2FFF),
    "&acirc;&euro;": partial(_repeated, "&acirc;&euro;&trade;"),
}
PAGES: dict[str, Callable[[int], str]] = {
    "J.": partial(_inside, "J. "),
    "«a»": partial(_inside, "«a»"),
    "“a”": partial(_inside, "“a” "),
    "«": partial(_inside, "«"),
    "©": partial(_inside, "©"),
    "A.B.": partial(_inside, "A.B."),
    "By A": partial(_inside, "By A. "),
    "Reuters -": partial(_inside, "(Reuters) - "),
    "digits": partial(_inside, "1 "),
    "@a": partial(_inside, "@a "),
    "<select><option>": partial(_elements, "<select><option>a"),
    "<p>": partial(_elements, "<p>a"),
    "<a href>": partial(_elements, '<a href="/a">a</a> '),
    "<b class>": partial(_elements, "<b class=a>a"),
    "<div>": partial(_elements, "<div>a"),
    "<table><tr><td>": partial(_elements, "<table><tr><td>a"),
    "<": partial(_elements, "<"),
    "<!--": partial(_elements, "<!--"),
    '<a "': partial(_elements, '<a "'),
    "attributes": _attributes,
    "long id": _long_id,
    "class of slashes": _class_of_slashes,
    "links": partial(_elements_numbered, "<li><a href='/2024/05/post-{n}/'>A post number {n}</a></li>"),
    "damaged paragraphs": partial(_elements, "<p>â€œIt is a cafÃ©,â€\x9d he said on Tuesday.</p>"),
    "canonical": _canonical,
}


def _read_feed(text: str) -> object:
    return find.parse_feed(text.encode(), "https://blog.example/feed/", rules=rules.default())


SITEMAPS: dict[str, Callable[[int], str]] = {"&a": partial(_sitemap, "&a"), "a/": partial(_sitemap, "a/")}


def shapes() -> list[Shape]:
    return [
        *(Shape(f"repair: {name}", made, _repair) for name, made in TEXTS.items()),
        *(Shape(f"extract: {name}", made, _extract) for name, made in PAGES.items()),
        *(Shape(f"discover: {name}", made, _discover) for name, made in PAGES.items()),
        *(Shape(f"sitemap: {name}", made, _read_sitemap) for name, made in SITEMAPS.items()),
        Shape("feed: items", _feed, _read_feed),
    ]


def measured(shape: Shape, size: int) -> Measured:
    """One shape at one size, in a process of its own."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_measure, args=(there, shape, size))
    process.start()
    there.close()
    try:
        return here.recv()  # type: ignore[no-any-return]
    except EOFError:
        return Measured(MAX_CPU_SECONDS, 0.0, "ended by its limits")
    finally:
        process.join()


def _measure(there: Connection, shape: Shape, size: int) -> None:
    text = shape.made(size)
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (spent + MAX_CPU_SECONDS,) * 2)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_MB << 20,) * 2)
    start, problem = time.process_time(), ""
    try:
        shape.read(text)
    except Exception as error:  # whatever it is, the table shows it
        problem = f"{type(error).__name__}: {str(error)[:60]}"
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    there.send(Measured(seconds, max(0, peak - used.ru_maxrss) / 1024, problem))


def problem_of(sizes: list[int], found: list[Measured]) -> str:
    """What is wrong with the growth of a shape, "" for nothing."""
    if problems := [m.problem for m in found if m.problem]:
        return problems[0]
    first, last = found[0], found[-1]
    if last.seconds > MIN_TOLD_SECONDS and last.seconds > MAX_TIME_RATIO * first.seconds:
        return f"time grows {last.seconds / first.seconds:.0f} times"
    if (each := last.megabytes * 2**20 / sizes[-1]) > MAX_BYTES_A_CHARACTER:
        return f"{each:,.0f} bytes of memory a character"
    return ""


def _warm_up() -> None:
    """Load models and tables once, before the processes are made."""
    _repair(_misread(RUSSIAN, "windows-1252", 1000))
    _extract(_page(f"<p>{SENTENCE}</p>"))
    _discover(_page(f"<p>{SENTENCE}</p>"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="shapes whose name holds this")
    options = parser.parse_args()
    _warm_up()
    wrong = 0
    print("| shape | characters | seconds at n, 2n, 4n | MB at 4n | |\n|---|---|---|---|---|")
    for shape in shapes():
        if options.only not in shape.name:
            continue
        first = TEXT_CHARACTERS if shape.read is _repair else PAGE_CHARACTERS
        sizes = [first, 2 * first, 4 * first]
        found: list[Measured] = []
        for size in sizes:
            found.append(measured(shape, size))
            if found[-1].problem:
                break
        problem = problem_of(sizes, found)
        wrong += bool(problem)
        times = " / ".join(f"{m.seconds:.2f}" for m in found)
        print(f"| {shape.name} | {first:,} | {times} | {found[-1].megabytes:.0f} | {problem} |", flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
