"""What clean text suffers, how bytes become text, how fast: the rest of `benchmarks.encoding`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import ftfy

from newsarchive import rules
from newsarchive.core.encoding.decoding import decode
from newsarchive.core.encoding.step import repair

#: Bytes to text: languages → the legacy codecs that their pages were written in.
WRITTEN = {
    "ru bg uk": "cp1251 koi8-r iso8859-5 cp866",
    "el": "cp1253 iso8859-7",
    "he": "cp1255",
    "ar": "cp1256",
    "th": "cp874",
    "tr": "cp1254",
    "pl cs hu hr": "cp1250 iso8859-2",
    "lt": "cp1257",
    "de fr es it pt sv da no fi is": "cp1252 iso8859-15",
    "ja": "cp932 euc_jp iso2022_jp",
    "ko": "cp949",
    "zh-hans": "gb18030",
    "zh-hant": "big5",
}
_PAGE = '<html><head>{}<title>{}</title></head><body class="post"><p>{}</p></body></html>'


def clean_lines(texts: list[str]) -> Iterator[str]:
    """Clean sentences that are changed."""
    ours = sum(repair(text, rules.default()).text != text for text in texts)
    theirs = sum(ftfy.fix_encoding(text) != text for text in texts)
    defaults = sum(ftfy.fix_text(text) != text for text in texts)
    yield f"| clean sentences changed | {theirs} (with its defaults: {defaults}) | {ours} | {len(texts):,} |"


def word_lines(most: int) -> Iterator[str]:
    """Single words of wordfreq's lists that are changed, as they stand and upper-cased."""
    import wordfreq

    words = {
        form
        for language in wordfreq.available_languages("best")
        for word in wordfreq.top_n_list(language, most, "best")
        for form in (word, word.upper())
    }
    own = [word for word in words if not word.isascii()]
    ours = [word for word in own if repair(word, rules.default()).text != word]
    theirs = sum(ftfy.fix_encoding(word) != word for word in own)
    yield f"| single words changed {sorted(ours)[:5] or ''} | {theirs} | {len(ours)} | {len(words):,} |"


def decoding_lines(corpus: list[tuple[str, list[str]]], most: int) -> Iterator[str]:
    """Pages whose bytes become the right text."""
    from charset_normalizer import from_bytes
    from scrapy.http import HtmlResponse

    cases = list(_written(corpus, most))
    tools: dict[str, Callable[[bytes], str]] = {
        "Scrapy": lambda body: HtmlResponse("https://blog.example/", body=body).text,
        "charset-normalizer": lambda body: str(from_bytes(body).best() or ""),
        "chardet": _chardet,
        "newsarchive": lambda body: decode(body).text,
    }
    shares, times = [], []
    for name, tool in tools.items():
        start = time.process_time()
        right = sum(tool(body) == text for text, body in cases)
        times.append(f"{name} {1000 * (time.process_time() - start) / len(cases):.2f}")
        shares.append(f"{name} {100 * right / len(cases):.1f}")
    yield f"| bytes to text, pages right, % | {', '.join(shares[:-1])} | {shares[-1]} | {len(cases):,} |"
    yield f"| the same, CPU ms a page | {', '.join(times[:-1])} | {times[-1]} | |"


def _chardet(body: bytes) -> str:
    import chardet

    return body.decode(chardet.detect(body)["encoding"] or "latin-1", "replace")


def _written(corpus: list[tuple[str, list[str]]], most: int) -> Iterator[tuple[str, bytes]]:
    """(text, bytes) of pages: UTF-8 with a wrong claim or stray bytes, and undeclared legacy pages."""
    for number, (_, lines) in enumerate(corpus[: 20 * most]):
        claim = ("", '<meta charset="iso-8859-1">', '<meta charset="windows-1251">')[number % 3]
        page = _PAGE.format(claim, lines[0], "</p><p>".join(lines))
        yield page, page.encode()
        stray = page.replace("</body>", "<p>“Stray”</p></body>")
        yield stray, stray.encode().replace("“Stray”".encode(), "“Stray”".encode("cp1252"))
    for languages, codecs in WRITTEN.items():
        for codec in codecs.split():
            able = [lines for language, lines in corpus if language in languages.split()]
            yield from _encoded(able[: 4 * most], codec)


def _encoded(pages: list[list[str]], codec: str) -> Iterator[tuple[str, bytes]]:
    for lines in pages:
        fit = [line for line in lines if line.encode(codec, "ignore").decode(codec) == line]
        page = _PAGE.format("", fit[0] if fit else "", "</p><p>".join(fit))
        if fit and not page.isascii():
            yield page, page.encode(codec)


def speed_lines(corpus: list[tuple[str, list[str]]], like: list[str], seed: str) -> Iterator[str]:
    """MB of UTF-8 a second, CPU time: pages of one language each, pages damaged as the starting post is (`like`),
    and that post.

    A tenth of each sample goes before the clock starts: tables are made once in the days of a crawl.
    """
    plain = "The ministers also agreed to continue talks on a free-trade agreement. " * 1000
    for name, sample in (
        ("clean ASCII", [plain] * 200),
        ("clean multilingual", ["\n".join(lines) for _, lines in corpus]),
        ("damaged like the starting post, each page another", like),
        ("the starting post, 50 times", [seed] * 50),
    ):
        ours = _speed(lambda text: repair(text, rules.default()), sample)
        theirs = _speed(ftfy.fix_encoding, sample)
        yield f"| MB/s: {name} | {theirs:.1f} | {ours:.1f} | {len(sample):,} |"


def _speed(tool: Callable[[str], object], sample: list[str]) -> float:
    first = len(sample) // 10
    for text in sample[:first]:
        tool(text)
    size = sum(len(text.encode()) for text in sample[first:]) / 1e6
    start = time.process_time()
    for text in sample[first:]:
        tool(text)
    return size / max(1e-9, time.process_time() - start)
