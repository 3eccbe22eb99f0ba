"""Shapes of inputs that grow: ways to fill a text, a page, a feed or another answer of a site up to any size.

A shape is a name and a function from a size in bytes to an input of about that size. Most of them made some program take time
in the square of their length, or memory without end; the others are what a page may hold very often.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from functools import partial

from newsarchive.core.encoding.charsets import SINGLE_BYTE

#: From a size in bytes (of a text: in characters) to an input.
Shapes = Mapping[str, Callable[[int], bytes]]

SENTENCE = "The ministers agreed to continue their talks about the agreement on Tuesday. "
CHINESE = "国务院新闻办公室今天举行新闻发布会，介绍了今年上半年经济运行情况，并回答了记者的提问。"
RUSSIAN = "Министры договорились продолжить переговоры о соглашении во вторник, сообщает «Эхо». "
VIETNAMESE = "Các bộ trưởng đã đồng ý tiếp tục đàm phán về hiệp định vào thứ Ba. "
THAI = "รัฐบาลแถลงข่าวเมื่อวันอังคารเกี่ยวกับสถานการณ์เศรษฐกิจ รัฐมนตรีกล่าวว่าการเจรจาจะดำเนินต่อไป "
JAPANESE = "政府は火曜日に記者会見を開き、経済の状況について説明した。「交渉を続ける」と大臣は述べた。"
ARABIC = "اتفق الوزراء على مواصلة محادثاتهم بشأن الاتفاق يوم الثلاثاء. "
HINDI = "मंत्रियों ने मंगलवार को समझौते पर बातचीत जारी रखने पर सहमति जताई। "
KOREAN = "정부는 화요일 기자회견을 열고 경제 상황을 설명했다. 장관은 “협상을 계속하겠다”고 말했다. "
#: A damaged sentence as republished posts have it: UTF-8 read as windows-1252.
DAMAGED = "â€œIt is a cafÃ©,â€\x9d he said on Tuesday, and wouldnâ€™t say more. "


def repeated(part: str, size: int) -> str:
    return (part * (size // len(part) + 1))[:size]


def misread(text: str, codec: str, size: int, undefined: str = "") -> str:
    """A text that was read with a wrong codec, with this in place of bytes that the codec does not define."""
    line = text.encode().decode(SINGLE_BYTE[codec], "replace").replace("\ufffd", undefined)
    return repeated(line, size)


def noise(first: int, last: int, size: int) -> str:
    """Characters at random, always the same."""
    chance = random.Random(size)
    return "".join(chr(chance.randint(first, last)) for _ in range(size))


def sentences(size: int) -> str:
    """Sentences of made-up words that do not repeat."""
    chance = random.Random(size)
    words = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(2, 9))) for _ in range(20_000)]
    out, length = [], 0
    while length < size:
        sentence = " ".join(chance.choices(words, k=14)).capitalize() + ". "
        out.append(sentence)
        length += len(sentence)
    return "".join(out)


def paragraphs(text: str, length: int = 600) -> str:
    return "".join(f"<p>{text[at : at + length]}</p>\n" for at in range(0, len(text), length))


def noise_of(parts: tuple[str, ...], size: int) -> str:
    """Parts at random, always the same."""
    chance = random.Random(size)
    return "".join(chance.choices(parts, k=size))[:size]


def _sequences(first: int, last: int, codec: str) -> tuple[str, ...]:
    """UTF-8 of these code points, read with a codec; undefined bytes are gone."""
    return tuple(misread(chr(code), codec, 4).replace(" ", "") for code in range(first, last))


def _fuzzed(text: str, codec: str, size: int) -> str:
    """A text that was read with a wrong codec, with one character in ten changed at random."""
    chance, damaged = random.Random(size), list(misread(text, codec, size))
    for at in range(0, size, 10):
        damaged[at] = chance.choice(damaged)
    return "".join(damaged)


def _damaged(text: str, codec: str, layers: int, lost: int, size: int) -> str:
    """A text that was read `layers` times with a wrong codec, and then lost one character in `lost` (0: none)."""
    chance, table, line = random.Random(size), SINGLE_BYTE[codec], text
    for _ in range(layers):
        line = line.encode().decode(table, "replace").replace("\ufffd", "")
    damaged = repeated(line, size)
    return "".join(c for c in damaged if chance.randrange(lost)) if lost else damaged


TEXTS: dict[str, Callable[[int], str]] = {
    "aÂ b": partial(repeated, "aÂ b "),
    "â": partial(repeated, "â"),
    "â€": partial(repeated, "â€"),
    "â€ in words": partial(repeated, "a wordâ€ and â€another, "),
    "©": partial(repeated, "©"),
    "Ã": partial(repeated, "Ã"),
    "ÃÃ©": partial(repeated, "ÃÂ©"),
    # The usual damage, whose runs are one: each letter beyond ASCII stands beside the next.
    "marks, then one run": lambda size: DAMAGED + repeated("Ã©ß", max(0, size - len(DAMAGED))),
    # Every damaged piece is another one, and the page has as many right letters.
    "other pieces, then right letters": lambda size: (
        "".join(
            f"b{chr(0x61 + n % 26)}Ã{chr(0xA8 + n % 8)}Ã{chr(0xA8 + n // 8 % 8)}n " for n in range(size // 20)
        )
        + repeated("été là ", size // 2)
    ),
    "Chinese as windows-874, bytes gone": partial(misread, CHINESE, "windows-874"),
    "Chinese as windows-874, U+FFFD": partial(misread, CHINESE, "windows-874", undefined="\ufffd"),
    "Chinese as windows-1252, bytes gone": partial(misread, CHINESE, "windows-1252"),
    "Chinese as windows-1252, ?": partial(misread, CHINESE, "windows-1252", undefined="?"),
    "Russian as windows-1252, bytes gone": partial(misread, RUSSIAN, "windows-1252"),
    "Russian as windows-1253, bytes gone": partial(misread, RUSSIAN, "windows-1253"),
    "Vietnamese as windows-1252, bytes gone": partial(misread, VIETNAMESE, "windows-1252"),
    "Vietnamese as windows-1258, bytes gone": partial(misread, VIETNAMESE, "windows-1258"),
    "Latin-1 at random": partial(noise, 0xA0, 0xFF),
    "Cyrillic at random": partial(noise, 0x400, 0x45F),
    "Thai at random": partial(noise, 0xE01, 0xE5B),
    "Han at random": partial(noise, 0x4E00, 0x9FFF),
    "路中": partial(repeated, "路中"),
    "anything at random": partial(noise, 0x80, 0x2FFF),
    "Latin-1 in words at random": partial(noise_of, (*map(chr, range(0xA0, 0x100)), *" \n" * 8)),
    "Cyrillic and ? at random": partial(noise_of, (*map(chr, range(0x410, 0x450)), *"?" * 90)),
    "two bytes in words at random": partial(
        noise_of, (*_sequences(0xA0, 0x600, "iso-8859-15"), *["\n"] * 300, *["\ufffd"] * 60)
    ),
    "three bytes at random": partial(noise_of, _sequences(0x900, 0x1000, "ibm866")),
    "Chinese as windows-1257, fuzzed": partial(_fuzzed, CHINESE, "windows-1257"),
    "Russian as koi8-r, fuzzed": partial(_fuzzed, RUSSIAN, "koi8-r"),
    "&acirc;&euro;": partial(repeated, "&acirc;&euro;&trade;"),
}


def damaged_texts() -> dict[str, Callable[[int], str]]:
    """Texts of six languages, read with each single-byte codec: once, twice, and with characters lost."""
    texts = {
        "Chinese": CHINESE, "Japanese": JAPANESE, "Korean": KOREAN, "Thai": THAI, "Russian": RUSSIAN,
        "Vietnamese": VIETNAMESE,
    }  # fmt: skip
    kinds = {"": (1, 0), " twice": (2, 0), ", one in 50 lost": (1, 50)}
    return {
        f"{name} as {codec}{kind}": partial(_damaged, text, codec, layers, lost)
        for kind, (layers, lost) in kinds.items()
        for name, text in texts.items()
        for codec in SINGLE_BYTE
    }


def _page(body: str, head: str = "") -> bytes:
    page = (
        f"<!DOCTYPE html><html><head><title>A headline of this post</title>{head}</head><body><article>"
        f"<h1>A headline of this post</h1><p>{SENTENCE * 5}</p>{body}<p>{SENTENCE * 5}</p></article></body></html>"
    )
    return page.encode("utf-8", "surrogatepass")


def _filled(part: str, size: int, before: str = "", behind: str = "", head: bool = False) -> bytes:
    """A page with a part again and again, `{n}` in it numbered, between a beginning and an end."""
    length = len(part.encode("utf-8", "surrogatepass"))
    if "{n}" in part:
        number = size // (length + 3)
        body = "".join(part.replace("{n}", str(n)) for n in range(number))
    else:
        body = part * (size // length)
    body = before + body + behind
    return _page("", body) if head else _page(body)


def _inside(part: str) -> Callable[[int], bytes]:
    """The part again and again in one paragraph."""
    return partial(_filled, part, before="<p>", behind="</p>")


def _elements(part: str) -> Callable[[int], bytes]:
    return partial(_filled, part)


def _headed(part: str, before: str = "", behind: str = "") -> Callable[[int], bytes]:
    return partial(_filled, part, before=before, behind=behind, head=True)


def _around(before: str, part: str, behind: str = "") -> Callable[[int], bytes]:
    return partial(_filled, part, before=before, behind=behind)


def _written(make: Callable[[int], str], characters: float = 1.0) -> Callable[[int], bytes]:
    """A text in paragraphs; `characters` of it are made for each byte."""
    return lambda size: _page(paragraphs(make(int(size * characters))))


def _one_paragraph(make: Callable[[int], str], characters: float = 1.0) -> Callable[[int], bytes]:
    return lambda size: _page(f"<p>{make(int(size * characters))}</p>")


def _nested(before: str, behind: str) -> Callable[[int], bytes]:
    def made(size: int) -> bytes:
        number = size // (len(before) + len(behind))
        return _page(before * number + SENTENCE + behind * number)

    return made


def _ld(value: Callable[[int], object]) -> Callable[[int], bytes]:
    return lambda size: _page("", f'<script type="application/ld+json">{json.dumps(value(size))}</script>')


def _ld_text(text: Callable[[int], str]) -> Callable[[int], bytes]:
    return lambda size: _page("", f'<script type="application/ld+json">{text(size)}</script>')


def _ld_post(**more: object) -> dict[str, object]:
    return {"@type": "NewsArticle", "headline": "A headline of this post", **more}


def _long_id(size: int) -> bytes:
    return _page(f'<div id="{"x" * (size // 2)}">{"<p>A short paragraph.</p>" * (size // 50)}</div>')


def _class_of_slashes(size: int) -> bytes:
    return _page(f'<div class="{"a/" * (size // 4)}">{"<p>A short paragraph.</p>" * (size // 50)}</div>')


def _canonical(size: int) -> bytes:
    address = f"http://192.0.2.7/{'a/' * (size // 4)}"
    return _page("", f'<link rel="canonical" href="{address}"><meta property="og:url" content="{address}">')


def _in_charset(text: str, charset: str) -> Callable[[int], bytes]:
    def made(size: int) -> bytes:
        page = _page(paragraphs(repeated(text, size)), f'<meta charset="{charset}">').decode()
        return page.encode(charset, "replace")[:size]

    return made


#: Elements that some step reads in a way of its own; each stands again and again with a little text.
ELEMENTS = {
    "<p>": "<p>a",
    "<p> of a sentence": f"<p>{SENTENCE}</p>",
    "<p> numbered": "<p>Line number {n} of this page.</p>",
    "<div>": "<div>a</div>",
    "<div> of div": "<div><div><div>a</div></div></div>",
    "<div class>": '<div class="post entry c{n}"><p>Paragraph {n}.</p></div>',
    "<section>": "<section><h2>Part {n}</h2><p>Text of it.</p></section>",
    "<article>": "<article><h2><a href='/2024/05/p-{n}/'>Post {n}</a></h2><p>Text of it.</p></article>",
    "<h2>": "<h2>Heading</h2>",
    "<h2> numbered": "<h2>Heading number {n}</h2>",
    "heads of comments": "<h3>Leave a comment</h3>",
    "paragraphs of filler": "<p>Lorem ipsum dolor sit amet</p>",
    "<table>": "<table><tr><td>a</td><td>b</td></tr></table>",
    "<table> of rows": "<tr><td>{n}</td><td>Eiffel Tower</td></tr>",
    "<table><tr><td>": "<table><tr><td>a",
    "<table><tr><td>a</td><td>": "<table><tr><td>a</td><td>",
    "<td><p> of rows": "<tr><td><p>{n}</p></td><td>Eiffel<br>Tower</td></tr>",
    "<td>": "<td>a</td>",
    "<li>": "<li>a</li>",
    "<li><p>": "<li><p>One</p><p>Two {n}</p></li>",
    "<ul>": "<ul><li>One</li><li>Two {n}</li></ul>",
    "<dl>": "<dl><dt>Term</dt><dd>What it means.</dd></dl>",
    "<details>": "<details><summary>More</summary><p>Text.</p></details>",
    "<figure>": "<figure><img src='/i{n}.jpg' alt='A picture'><figcaption>Photo: Reuters</figcaption></figure>",
    "<iframe>": "<iframe src='https://www.youtube.com/embed/{n}'></iframe>",
    "<video>": "<video src='/v{n}.mp4' poster='/p{n}.jpg'></video>",
    "<script>": "<script>var a = {n};</script>",
    "<script src>": "<script src='/s{n}.js'></script>",
    "<style>": "<style>p {color: red}</style>",
    "<noscript>": "<noscript><img src='/a.gif'></noscript>",
    "<template>": "<template><p>a</p></template>",
    "<svg>": "<svg><path d='M0 0'/></svg>",
    "<math>": "<math><mi>x</mi></math>",
    "<pre>": "<pre>a\nb</pre>",
    "<br>": "a<br>",
    "<br><br>": "a line<br><br>",
    "<hr>": "a<hr>",
    "<a href>": '<a href="/a">a</a> ',
    "<a href> to posts": '<li><a href="/2024/05/post-{n}/">A post number {n}</a></li>',
    "<a href> elsewhere": '<a href="https://host{n}.example/p/">a</a> ',
    "<a href> with text": "<p>As <a href='https://other{n}.example/'>the Other {n}</a> reports, it rained.</p>",
    "<a rel=author>": '<a rel="author" href="/author/a{n}/">Ann Lee</a> ',
    "<a rel=tag>": '<a rel="tag" href="/tag/a{n}/">Word {n}</a> ',
    "<img>": "<img src='/i{n}.jpg'>",
    "<img srcset>": "<img src='/i.jpg' srcset='/a.jpg 1x, /b.jpg 2x' data-src='/c.jpg' alt='A picture'>",
    "<font>": "<font color=red>a</font>",
    "<font> open": "<font color=c{n}>a",
    "<b class> open": "<b class=a>a",
    "<b>": "<b>a</b> ",
    "<span>": "<span>a</span>",
    "<span style>": "<span style='display:none'>a</span>",
    "<select><option>": "<select><option>a",
    "<form>": "<form><input name=a><button>Go</button></form>",
    "<input>": "<input>",
    "<textarea>": "<textarea>a</textarea>",
    "<label>": "<label>Share</label>",
    "<ruby>": "<ruby>漢<rt>kan</rt></ruby>",
    "<time>": "<time datetime='2024-05-02T10:00:00+07:00'>May 2, 2024</time>",
    "<time> numbered": "<time datetime='2024-05-02' title='{n}'>{n} May 2024</time>",
    "<blockquote>": "<blockquote><p>He said so.</p></blockquote>",
    "<blockquote> of Twitter": "<blockquote class='twitter-tweet'><p>Text</p><a href='https://twitter.com/a/status/{n}'>May 2</a></blockquote>",
    "<address>": "<address>By <a rel=author href=/a>Ann Lee</a></address>",
    "<nav>": "<nav><a href='/a'>A</a><a href='/b'>B</a></nav>",
    "<aside>": "<aside><p>Related: a post.</p></aside>",
    "<header>": "<header><h1>Heading {n}</h1></header>",
    "<footer>": "<footer>© 2024 Blog</footer>",
    "<custom-element>": "<x-card>a</x-card>",
    "<plaintext>": "<xmp>a</xmp>",
    "<object>": "<object data='/a.swf'><embed src='/a.swf'></object>",
    "<base>": "<base href='/a/'>",
    "<link>": "<link rel=next href='/page/{n}/'>",
    "<link> in body": "<link rel=alternate type='application/rss+xml' href='/feed{n}/'>",
    "<meta> in body": "<meta name=author content='Ann Lee'>",
    "comment": "<div class=comment><b>Ann {n}</b> says: <p>Nice post!</p><a href='#r{n}'>Reply</a></div>",
    "byline": "<p class=byline>By Ann Lee, May 2, 2024</p>",
    "byline, other names": "<span class=author>By Ann{n} Lee{n}</span>",
    "hentry": "<div class=hentry><h2 class=entry-title><a href='/p{n}/'>Post {n}</a></h2><span class='author vcard'><a class='url fn' href='/a'>Ann</a></span><abbr class=published title='2024-05-02'>May 2</abbr><div class=entry-content>Text</div></div>",
    "microdata": "<div itemscope itemtype='https://schema.org/Article'><span itemprop=headline>Post {n}</span><span itemprop=author>Ann Lee</span><meta itemprop=datePublished content='2024-05-02'></div>",
    "itemprop": "<span itemprop=author>Ann {n}</span>",
    "dates": "<p>Posted on May 2, 2024 at 10:15</p>",
    "credits": "<p>Photo: Ann Lee/Reuters</p>",
    "copyright": "<p>© 2024 Reuters. All rights reserved.</p>",
    "source": "<p>Source: <a href='https://www.reuters.com/a{n}'>Reuters</a></p>",
    "promo": "<p>Share this on Facebook</p><p>Read more: a post</p>",
    "short lines": "<p>Hello</p>",
    "short lines, other words": "<p>Word{n}</p>",
    "list of links": "<p><a href='/2024/05/post-{n}/'>The post of day {n} is a longer headline</a></p>",
    "damaged paragraphs": f"<p>{DAMAGED}</p>",
    "damaged lines, numbered": "<p>Line {n}: a cafÃ© in MÃ¼nchen wasnâ€™t open.</p>",
    "damaged <li>": "<li>cafÃ© {n}</li>",
    "damaged <td>": "<table><tr><td>cafÃ©</td><td>donâ€™t</td></tr></table>",
    "damaged <h2>": "<h2>The cafÃ© â€“ {n}</h2>",
    "damaged <a>": "<a href='/2024/caf{n}/'>cafÃ©</a> ",
    "damaged alt": "<img src='/a.jpg' alt='The cafÃ© wasnâ€™t open'>",
    "<!-- -->": "<!-- a -->",
    "<!--": "<!--",
    "<![CDATA[": "<![CDATA[a]]>",
    "<?a?>": "<?a?>",
    "</p>": "</p>",
    "</br>": "</br>",
    "</x>": "</x>",
    "<": "<",
    "< ": "< a ",
    "<>": "<>",
    '<a "': '<a "',
    "<a<": "<a<",
    "<a href='": "<a href='",
    "<!DOCTYPE>": "<!DOCTYPE html>",
    "<html>": "<html a{n}=1>",
    "<body>": "<body class=c{n}>",
    "S: parts": "<div hidden id='S:{n}'>Text</div><template id='B:{n}'></template>",
    "data-cfemail": "<a data-cfemail='5a3b1a3874393537'>[email&#160;protected]</a> ",
    "data-cfemail open": "<a data-cfemail='5a3b1a3874393537",
}
#: What stands again and again in one paragraph.
WORDS = {
    "J.": "J. ", "«a»": "«a»", "“a”": "“a” ", "«": "«", "©": "©", "A.B.": "A.B.", "By A": "By A. ", "Ann Lee": "Ann Lee ",
    "Ann Lee, ": "Ann Lee, ", "and": "Ann Lee and ", "(Reuters) -": "(Reuters) - ", "according to": "according to Reuters, ",
    "Reuters reported": "Reuters reported that ", "digits": "1 ", "long digits": "1", "@a": "@a ", "#a": "#a ",
    "a": "a", "a ": "a ", "-": "-", "- ": "- ", ".": ".", "...": "... ", "!": "!", "?": "? ", ":": ": ", ";": "; ", ",": ", ",
    "'": "'", '"': '"', "’": "’ ", "|": " | ", "/": "/", "\\": "\\", "•": "• ", "_": "_", "*": "*", "(": "(", ")": ")", "[": "[",
    "spaces": " ", "lines": "\n", "tabs": "a\t", "nbsp": "\xa0", "NUL": "\0", "NUL in words": "a\0b ", "ZWSP": "\u200b", "ZWJ": "a\u200d",
    "soft hyphens": "a\xad", "BOM": "\ufeff", "U+FFFD": "\ufffd", "U+FFFD in words": "caf\ufffd ", "C1": "\x80\x99", "controls": "\x01",
    "noncharacters": "\uffff", "private use": "\ue000", "surrogates": "\ud800", "combining": "a\u0301", "many combining": "\u0301",
    "Hangul jamo": "\u1112\u1161\u11ab", "bidi": "\u202ea\u202c", "bidi isolates": "\u2066a", "emoji": "😀", "emoji families": "👨‍👩‍👧‍👦 ",
    "flags": "🇩🇪", "skin tones": "👍🏽", "variation selectors": "☎\ufe0f", "compatibility": "ﷺ", "ligatures": "ﬁ", "full width": "Ａ１",
    "circled": "①", "fractions": "½ ", "math letters": "𝐀", "sharp s": "ß", "dotted I": "İ", "final sigma": "ΑΣ ", "&amp;": "&amp;", "&lt;": "&lt;",
    "&": "&", "&a": "&a", "&#": "&#", "&#1;": "&#1;", "&#x1F600;": "&#x1F600;", "&nbsp;": "&nbsp;", "&amp;amp;": "&amp;amp;",
    "&amp;eacute;": "caf&amp;eacute; ", "&notit;": "&notit;", "$": "$", "{": "{", "}": "}", "{}": "{{}}", "\\u": "\\u00e9", "%": "%", "%E9": "caf%C3%A9 ",
    "=?utf-8?": "=?utf-8?q?caf=C3=A9?= ", "=C3=A9": "caf=C3=A9 ", "URLs": "https://a.example/b ", "www": "www.a.example ", "a.b.c": "a.b.",
    "mail": "a@b.example ", "http": "http://", "bare domains": "reuters.com ", "dates": "May 2, 2024 ", "times": "10:15 ", "ISO dates": "2024-05-02T10:00:00Z ",
    "years": "2024 ", "Chinese dates": "2024年5月2日", "Photo:": "Photo: ", "Source:": "Source: ", "来源": "来源：", "版权": "版权所有", "CAPITALS": "ABC ", "Capitals": "Abc ", "CamelCase": "AbCd",
    "capitals with dots": "A.", "hyphens": "a-", "apostrophes": "a'b ", "Roman": "IV. ", "ordinals": "1. ", "U.S.": "U.S. ", "Mr.": "Mr. ", "e.g.": "e.g. ",
    "sentences": "It rained. ", "short sentences": "A. B. ", "questions": "Why? ", "Read more": "Read more ", "Share": "Share ", "Advertisement": "Advertisement ",
    "aÂ b": "aÂ b ", "â€": "â€", "â€ in words": "a wordâ€ and â€another, ", "Ã": "Ã", "cafÃ©": "cafÃ© ", "donâ€™t": "donâ€™t ", "Trumpโ€™s": "Trumpโ€™s ",
    "damaged prose": DAMAGED, "damaged twice": "cafÃƒÂ© ", "ï¿½": "ï¿½", "â": "â", "ÐŸ": "ÐŸÑ€Ð¸Ð²ÐµÑ‚ ", "caf?": "caf? ", "??": "??",
}  # fmt: skip
#: One text in each script.
SCRIPTS = {
    "English": SENTENCE, "Russian": RUSSIAN, "Chinese": CHINESE, "Thai": THAI, "Japanese": JAPANESE, "Arabic": ARABIC,
    "Hindi": HINDI, "Korean": KOREAN, "Vietnamese": VIETNAMESE, "Greek": "Οι υπουργοί συμφώνησαν να συνεχίσουν τις συνομιλίες. ",
    "Hebrew": "השרים הסכימו להמשיך בשיחות ביום שלישי. ", "Khmer": "រដ្ឋមន្ត្រីបានយល់ព្រមបន្តការចរចា", "Burmese": "ဝန်ကြီးများသည်ဆွေးနွေးပွဲများ",
    "Lao": "ລັດຖະມົນຕີຕົກລົງສືບຕໍ່ການເຈລະຈາ", "Tibetan": "བོད་ཀྱི་སྐད་ཡིག", "Georgian": "მინისტრები შეთანხმდნენ ", "Amharic": "ሚኒስትሮቹ ተስማሙ። ", "Tamil": "அமைச்சர்கள் ஒப்புக்கொண்டனர். ",
}  # fmt: skip

#: The beginning of a list of other posts.
_LIST = "<ul>" + "".join(
    f"<li><a href='/2024/05/post-{n}/'>A longer title of the post {n}</a></li>" for n in range(3)
)

PAGES: Shapes = {
    **{f"in a paragraph: {name}": _inside(part) for name, part in WORDS.items()},
    **{f"elements: {name}": _elements(part) for name, part in ELEMENTS.items()},
    **{
        f"script: {name}": _written(partial(repeated, text), len(text) / len(text.encode()))
        for name, text in SCRIPTS.items()
    },
    **{
        f"script without spaces: {name}": _one_paragraph(
            partial(repeated, text.replace(" ", "")), len(text) / len(text.encode())
        )
        for name, text in SCRIPTS.items()
    },
    **{f"damage: {name}": _written(make, 0.5) for name, make in TEXTS.items()},
    "sentences": _written(sentences),
    "sentences in one paragraph": _one_paragraph(sentences),
    "sentences between <br>": lambda size: _page(sentences(size).replace(". ", ".<br>")),
    "sentences in <pre>": lambda size: _page(f"<pre>{sentences(size)}</pre>"),
    "sentences in <td>": lambda size: _page(f"<table><tr><td>{sentences(size)}</td></tr></table>"),
    "sentences in links": lambda size: _page(paragraphs(sentences(size)).replace("<p>", "<p><a href='/a'>")),
    "long words": lambda size: _page(f"<p>{' '.join('a' * 5000 for _ in range(size // 5001))}</p>"),
    "Chinese in GBK": _in_charset(CHINESE, "gb18030"),
    "Chinese in Big5": _in_charset("國務院新聞辦公室今天舉行新聞發布會", "big5"),
    "Japanese in Shift_JIS": _in_charset(JAPANESE, "shift_jis"),
    "Russian in windows-1251": _in_charset(RUSSIAN, "cp1251"),
    "Thai in windows-874": _in_charset(THAI, "cp874"),
    "Russian in UTF-16": lambda size: (
        b"\xff\xfe" + _page(paragraphs(repeated(RUSSIAN, size // 2))).decode().encode("utf-16-le")
    ),
    "bytes at random": lambda size: random.Random(size).randbytes(size),
    "bytes at random in a page": lambda size: _page("<p>§</p>").replace(
        "§".encode(), random.Random(size).randbytes(size).replace(b"\0", b" ").replace(b"<", b" ")
    ),
    "Latin-1 bytes in UTF-8": lambda size: _page("<p>§</p>").replace("§".encode(), b"caf\xe9 " * (size // 5)),
    "nested <div>": _nested("<div>", "</div>"),
    "nested <div class>": _nested("<div class=a>", "</div>"),
    "nested <b>": _nested("<b>", "</b>"),
    "nested <span>": _nested("<span>", "</span>"),
    "nested <ul><li>": _nested("<ul><li>", "</li></ul>"),
    "nested <blockquote>": _nested("<blockquote>", "</blockquote>"),
    "nested <table>": _nested("<table><tr><td>", "</td></tr></table>"),
    "nested <svg>": _nested("<svg>", "</svg>"),
    "nested <template>": _nested("<template>", "</template>"),
    "nested <x-a>": _nested("<x-a>", "</x-a>"),
    "nested 100 times <div>": _elements("<div>" * 100 + "<p>a</p>" + "</div>" * 100),
    "nested 100 times <span>": _elements("<p>" + "<span>" * 100 + "a" + "</span>" * 100 + "</p>"),
    "open <div>": _elements("<div>a"),
    "text in 400 <div class=author>": _around("<div class=author>" * 400 + "<p>", SENTENCE, "</p>" + "</div>" * 400),
    "text in 400 <div itemprop>": _around("<div itemprop=author>" * 400 + "<p>", SENTENCE, "</p>" + "</div>" * 400),
    "text in 400 <div> with <time>": _around("<div><time datetime=2024-05-02>x</time>" * 400 + "<p>", SENTENCE, "</p>" + "</div>" * 400),
    "links in 400 breadcrumbs": _around("<div class=breadcrumb>" * 400, "<a href=/>a</a>", "</div>" * 400),
    "<time> in a list of posts": _around(_LIST, "<time datetime=2024-05-02></time>", "</ul>"),
    "<a rel=author> in a list of posts": _around(_LIST, "<a rel=author href=/author/x></a>", "</ul>"),
    "hints in 120 links": _around("<table><tr><td><a href=/a>" * 120 + "<p>", "<i class=sr-only>x</i>", "</p>"),
    "links in 120 links": _around("<table><tr><td><a href=/a>" * 120, "<a href=/b{n}>word {n}</a>", ""),
    "quotations behind 240 elements": _around("<span>" * 240, SENTENCE, "</span><q>so</q>" * 240),
    "text in a summary by a machine": _around("<div class=ai-summary>" * 300, "<p>Word {n}</p>", "</div>" * 300),
    "classes of slashes": _elements(f'<div class="{"a/" * 7000}"><p><a href="/2024/05/post-{{n}}/">A longer title of the post {{n}}</a></p></div>'),
    "classes of other slashes": _elements(f'<div class="{"{n}/" * 3000}"><p><a href="/2024/05/post-{{n}}/">A longer title of the post {{n}}</a></p></div>'),
    "names of dates in a script": _around("<script>", "datePublished", "</script>"),
    "datelines of hyphens": _elements(f"<p>AB{'-' * 120}é May 3, 2024</p>"),
    "labelled lines": _elements("<p>Label: value {n}</p>"),
    "<meta author> of one word": _headed(f'<meta name="author" content="{"a" * 990}{{n}}">'),
    "attributes": _around("<p ", "a{n}=1 ", ">A paragraph of this page.</p>"),
    "attributes of many": _elements("<p " + " ".join(f"a{n}={n}" for n in range(50)) + ">a</p>"),
    "classes": _around('<div class="', "c{n} ", '"><p>A paragraph of this page.</p></div>'),
    "classes of many": _elements(
        '<div class="' + " ".join(f"class-name-{n}" for n in range(10)) + ' d{n}">Text of it</div>'
    ),
    "long id": _long_id,
    "class of slashes": _class_of_slashes,
    "long title attribute": _around('<p title="', "a word ", '">A paragraph of this page.</p>'),
    "long alt": _around('<img src="/a.jpg" alt="', "a word ", '">'),
    "long href": _around('<a href="/', "a/", '">A link</a>'),
    "long hrefs": _elements('<a href="/' + "a" * 5000 + '{n}">A link</a>'),
    "data: URL": _around('<img src="data:image/png;base64,', "iVBORw0KGgo", '">'),
    "long style": _around('<p style="', "color:red;", '">A paragraph of this page.</p>'),
    "long srcset": _around('<img src="/a.jpg" srcset="', "/a{n}.jpg {n}w, ", '">'),
    "long datetime": _around('<time datetime="', "2024", '">May</time>'),
    "long script": _around("<script>", "var a = {n}; // «é»\n", "</script>"),
    "long style element": _headed("p {color: red}\n", "<style>", "</style>"),
    "long comment": _around("<!--", "a <b> word ", "-->"),
    "long title": _headed("A word ", "<title>", "</title>"),
    "long headline": _around("<h1>", "A word ", "</h1>"),
    "long description": _headed("A word. ", '<meta name="description" content="', '">'),
    "long keywords": _headed("word{n}, ", '<meta name="keywords" content="', '">'),
    "long author": _headed("Ann Lee{n}, ", '<meta name="author" content="', '">'),
    "long author of one name": _headed("Ann ", '<meta name="author" content="', '">'),
    "long byline": _around("<p class=byline>By ", "Ann Lee{n}, ", "</p>"),
    "long section": _headed("word ", '<meta property="article:section" content="', '">'),
    "long date": _headed("2024-", '<meta property="article:published_time" content="', '">'),
    "canonical": _canonical,
    "<meta>": _headed('<meta property="og:title" content="A headline {n}">'),
    "<meta author>": _headed('<meta name="author" content="Ann{n} Lee">'),
    "<meta tag>": _headed('<meta property="article:tag" content="Word {n}">'),
    "<meta> of dates": _headed('<meta property="article:published_time" content="2024-05-02T10:00:{n}">'),
    "<meta> of any name": _headed('<meta name="a{n}" content="b">'),
    "<link> in head": _headed('<link rel="alternate" type="application/rss+xml" href="/feed{n}/">'),
    "<link rel=canonical>": _headed('<link rel="canonical" href="/p{n}/">'),
    "<title>": _headed("<title>A headline {n}</title>"),
    "breadcrumbs": _around("<nav class=breadcrumbs>", "<a href='/c{n}/'>Section {n}</a> › ", "</nav>"),
    "JSON-LD of many nodes": _ld(
        lambda size: [_ld_post(author={"@type": "Person", "name": f"Ann {n}"}) for n in range(size // 105)]
    ),
    "JSON-LD of a graph": _ld(
        lambda size: {
            "@graph": [
                {"@type": "Person", "@id": f"#p{n}", "name": f"Ann {n}", "knows": {"@id": f"#p{n + 1}"}}
                for n in range(size // 90)
            ]
        }
    ),
    "JSON-LD of authors": _ld(
        lambda size: _ld_post(
            author=[{"@type": "Person", "name": f"Ann{n} Lee"} for n in range(size // 45)]
        )
    ),
    "JSON-LD of keywords": _ld(lambda size: _ld_post(keywords=[f"word {n}" for n in range(size // 13)])),
    "JSON-LD of images": _ld(lambda size: _ld_post(image=[f"/a{n}.jpg" for n in range(size // 14)])),
    "JSON-LD of one string": _ld(lambda size: _ld_post(articleBody=repeated(SENTENCE, size))),
    "JSON-LD of one damaged string": _ld(lambda size: _ld_post(articleBody=repeated(DAMAGED, size // 3))),
    "JSON-LD of one headline": _ld(lambda size: {"@type": "NewsArticle", "headline": "word " * (size // 5)}),
    "JSON-LD with articleBody again": _ld_text(lambda size: '"articleBody":"' * (size // 15)),
    "JSON-LD of lists": _ld_text(lambda size: "[" * size),
    "JSON-LD of nodes in nodes": _ld_text(lambda size: '{"a":' * (size // 6) + "1" + "}" * (size // 6)),
    "JSON-LD of closed lists": _ld_text(lambda size: "[" * (size // 2) + "]" * (size // 2)),
    "JSON-LD of numbers": _ld_text(lambda size: '{"@type":"Article","a":' + "1" * size + "}"),
    "JSON-LD of backslashes": _ld_text(lambda size: '{"@type":"Article","headline":"' + "\\" * size),
    "JSON-LD scripts": _headed(
        '<script type="application/ld+json">{"@type":"NewsArticle","headline":"Post {n}"}</script>'
    ),
    "JSON-LD scripts, broken": _headed('<script type="application/ld+json">{"@type":"NewsArticle",</script>'),
    "__NEXT_DATA__": _around(
        '<script id="__NEXT_DATA__" type="application/json">{"a":[', '{"title":"Post {n}"},', "]}</script>"
    ),
    "scripts with text": _elements("<script>self.push([1,\"a \\u003cp\\u003e text {n}\"])</script>"),
}  # fmt: skip


def _feed(item: str, behind: str = "", before: str = "") -> Callable[[int], bytes]:
    def made(size: int) -> bytes:
        items = "".join(item.replace("{n}", str(n)) for n in range(size // len(item.encode())))
        return (
            '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"><channel>'
            f"<title>Blog</title><link>https://blog.example/</link>{before}{items}{behind}</channel></rss>"
        ).encode()

    return made


def _atom(entry: str) -> Callable[[int], bytes]:
    def made(size: int) -> bytes:
        entries = "".join(entry.replace("{n}", str(n)) for n in range(size // len(entry)))
        return f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Blog</title>{entries}</feed>'.encode()

    return made


_ITEM = "<item><title>Post {n}</title><link>https://blog.example/2024/05/post-{n}/</link>"
_LAST = f"{_ITEM.replace('{n}', '0')}<description>"
FEEDS: Shapes = {
    "items": _feed(_ITEM + "</item>"),
    "items without end": _feed(_ITEM),
    "items with text": _feed(
        _ITEM + f"<content:encoded><![CDATA[<p>{SENTENCE * 40}</p>]]></content:encoded></item>"
    ),
    "items with escaped text": _feed(
        _ITEM + f"<description>{'&lt;p&gt;It rained.&lt;/p&gt;' * 50}</description></item>"
    ),
    "items with dates": _feed(_ITEM + "<pubDate>Thu, 02 May 2024 10:00:00 +0700</pubDate></item>"),
    "dates of one item": _feed(
        "<pubDate>Thu, 02 May 2024 10:00:00</pubDate>", "</item>", _ITEM.replace("{n}", "0")
    ),
    "categories of one item": _feed("<category>Word {n}</category>", "</item>", _ITEM.replace("{n}", "0")),
    "authors of one item": _feed("<dc:creator>Ann {n}</dc:creator>", "</item>", _ITEM.replace("{n}", "0")),
    "pictures of one item": _feed("<media:content url='/a{n}.jpg'/>", "</item>", _ITEM.replace("{n}", "0")),
    "links of one item": _feed("<link>https://blog.example/{n}/</link>", "</item>", _ITEM.replace("{n}", "0")),
    "one long text": _feed(SENTENCE, "</description></item>", _LAST),
    "entities": _feed("&amp;lt;p&amp;gt;", "</description></item>", _LAST),
    "&": _feed("&", "</description></item>", _LAST),
    "&a": _feed("&a", "</description></item>", _LAST),
    "&#": _feed("&#", "</description></item>", _LAST),
    "<": _feed("<"),
    "<a": _feed("<a "),
    "<![CDATA[": _feed("<![CDATA["),
    "<!--": _feed("<!--"),
    "<!": _feed("<!"),
    "<?": _feed("<?"),
    "]]>": _feed("]]>"),
    "nested": _feed("<a>"),
    "nested <item>": _feed("<item>"),
    "namespaces": _feed("<a{n}:b xmlns:a{n}='http://a{n}.example/'/>"),
    "attributes": _feed("a{n}='1' ", "/>", "<x "),
    "long attribute": _feed("a ", "'/>", "<x a='"),
    "unknown elements": _feed("<x>a</x>"),
    "channel elements": _feed("<title>Blog {n}</title>"),
    "declared entities": lambda size: (
        b"<!DOCTYPE rss [" + b"".join(b'<!ENTITY a%d "b">' % n for n in range(size // 20)) + b"]>" + _feed(_ITEM)(900)
    ),
    "broken <item>": _feed(_ITEM + "<description>AT&T <b>& more</description></item>"),
    "damaged items": _feed(_ITEM + f"<description>{DAMAGED}</description></item>"),
    "relative items": _feed("<item><title>P{n}</title><link>/p{n}/</link></item>"),
    "long links": _feed(f"<item><link>https://blog.example/{'a/' * 2500}{{n}}</link></item>"),
    "comments": _feed("<item><title>C</title><link>https://blog.example/a/#comment-{n}</link></item>"),
    "Atom entries": _atom(
        "<entry><id>a{n}</id><title>A</title><link href='https://blog.example/{n}/'/><updated>2024-05-02T10:00:00Z</updated><content type='html'>It rained.</content></entry>"
    ),
    "Atom xhtml": _atom(
        "<entry><link href='https://blog.example/{n}/'/><content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>a</p><p>b</p></div></content></entry>"
    ),
    "Atom links": _atom("<link href='https://blog.example/{n}/'/>"),
    "JSON feed": lambda size: json.dumps(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "items": [{"id": n, "url": f"https://blog.example/{n}/", "title": "A"} for n in range(size // 60)],
        }
    ).encode(),
    "JSON feed of empty objects": lambda size: (
        b'{"version":"https://jsonfeed.org/version/1.1","title":"A","items":[' + b"{}," * (size // 3) + b"{}]}"
    ),
    "JSON feed of lists": lambda size: b'{"items":' + b"[" * size,
    "JSON feed of tags": lambda size: json.dumps(
        {"items": [{"url": "https://blog.example/a/", "tags": [f"t{n}" for n in range(size // 10)]}]}
    ).encode(),
}  # fmt: skip


def _sitemap(part: str, before: str = "", behind: str = "") -> Callable[[int], bytes]:
    def made(size: int) -> bytes:
        rows = "".join(part.replace("{n}", str(n)) for n in range(size // len(part)))
        return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{before}{rows}{behind}</urlset>'.encode()

    return made


_LOC, _LOC_END = "<url><loc>https://blog.example/", "</loc></url>"
SITEMAPS: Shapes = {
    "addresses": _sitemap("<url><loc>https://blog.example/2024/05/post-{n}/</loc></url>"),
    "addresses with dates": _sitemap(
        "<url><loc>https://blog.example/2024/05/post-{n}/</loc><lastmod>2024-05-02T10:00:00+07:00</lastmod></url>"
    ),
    "addresses elsewhere": _sitemap("<url><loc>https://host{n}.example/a/</loc></url>"),
    "long addresses": _sitemap(f"<url><loc>https://blog.example/{'a/' * 1900}{{n}}</loc></url>"),
    "not spelled": _sitemap("<url><loc>https://blog.example/статья-{n}/</loc></url>"),
    "relative": _sitemap("<url><loc>/p{n}</loc></url>"),
    "short rows": _sitemap("<url/>"),
    "one address": _sitemap("a/", _LOC, _LOC_END),
    "&a": _sitemap("&a", _LOC, _LOC_END),
    "&a;": _sitemap("&a;", _LOC, _LOC_END),
    "&": _sitemap("&", _LOC, _LOC_END),
    "&amp;": _sitemap("&amp;", _LOC, _LOC_END),
    "&#65;": _sitemap("&#65;", _LOC, _LOC_END),
    "&#xD800;": _sitemap("&#xD800;", _LOC, _LOC_END),
    "&#": _sitemap("&#", _LOC, _LOC_END),
    "NUL": _sitemap("\0", _LOC, _LOC_END),
    "<loc> in one row": _sitemap("<loc>https://blog.example/{n}/</loc>", "<url>", "</url>"),
    "rows without end": _sitemap("<url><loc>https://blog.example/{n}/"),
    "nested": _sitemap("<a>"),
    "nested <url>": _sitemap("<url>"),
    "unknown elements": _sitemap("<a/>"),
    "unknown elements in one row": _sitemap("<a/>", "<url>", "</url>"),
    "text between": _sitemap("a"),
    "<": _sitemap("<"),
    "<a ": _sitemap("<a "),
    "<!--": _sitemap("<!--"),
    "comments": _sitemap("<!-- a -->"),
    "CDATA": _sitemap("<url><loc><![CDATA[https://blog.example/{n}/]]></loc></url>"),
    "attributes": _sitemap("a{n}='1' ", "<url ", "/>"),
    "namespaces": _sitemap("<a{n}:b xmlns:a{n}='http://a{n}.example/'/>"),
    "images": _sitemap(
        "<image:image><image:loc>https://blog.example/{n}.jpg</image:loc></image:image>", "<url xmlns:image='http://www.google.com/schemas/sitemap-image/1.1'>", "</url>"
    ),
    "news": _sitemap(
        "<url><loc>https://blog.example/{n}/</loc><news><publication_date>2024-05-02</publication_date><title>A {n}</title></news></url>"
    ),
    "news of one row": _sitemap("<title>A {n}</title>", "<url><news>", "</news></url>"),
    "sitemaps": lambda size: (
        b"<sitemapindex>"
        + b"".join(b"<sitemap><loc>https://blog.example/s%d.xml</loc></sitemap>" % n for n in range(size // 60))
        + b"</sitemapindex>"
    ),
    "text": lambda size: b"".join(b"https://blog.example/2024/p%d/\n" % n for n in range(size // 38)),
    "text of one line": lambda size: b"https://blog.example/" + b"a" * size,
    "text of other lines": lambda size: b"a\n" * (size // 2),
    "feed": _feed(_ITEM + "</item>"),
    "declared entities": lambda size: (
        b"<!DOCTYPE a [" + b"".join(b'<!ENTITY a%d "b">' % n for n in range(size // 20)) + b"]><urlset></urlset>"
    ),
}  # fmt: skip


def _rows(row: Callable[[int], object], length: int) -> Callable[[int], bytes]:
    return lambda size: json.dumps([row(n) for n in range(size // length)]).encode()


def _row(n: int, **more: object) -> dict[str, object]:
    return {"id": n, "link": f"https://blog.example/2024/05/p-{n}/", "title": {"rendered": f"A {n}"}, **more}


APIS: Shapes = {
    "rows": _rows(_row, 85),
    "rows with text": _rows(
        lambda n: _row(n, content={"rendered": f"<p>{SENTENCE * 40}</p>"}, date="2024-05-02T10:00:00"), 3300
    ),
    "one row of one text": lambda size: json.dumps(
        [_row(1, content={"rendered": "<p>a</p>" * (size // 8)})]
    ).encode(),
    "one row of terms": lambda size: json.dumps(
        [_row(1, _embedded={"wp:term": [[{"taxonomy": "post_tag", "name": f"w{n}"} for n in range(size // 42)]]})]
    ).encode(),
    "one row of authors": lambda size: json.dumps(
        [_row(1, _embedded={"author": [{"id": n, "name": f"Ann {n}"} for n in range(size // 32)]})]
    ).encode(),
    "one row of a long title": lambda size: json.dumps([_row(1, title={"rendered": "&amp;a " * (size // 7)})]).encode(),
    "rows of lists": _rows(lambda n: [], 4),
    "rows of numbers": _rows(lambda n: n, 8),
    "rows of empty objects": _rows(lambda n: {}, 4),
    "nested lists": lambda size: b"[" * size,
    "nested lists, closed": lambda size: b"[" * (size // 2) + b"]" * (size // 2),
    "nested objects": lambda size: b'[{"a":' * (size // 6),
    "warnings before": lambda size: b"<b>Warning</b> [x] " * (size // 19) + b'[{"id":1}]',
    "brackets before": lambda size: b"[ {" * (size // 3),
    "a long number": lambda size: b'[{"id":' + b"1" * size + b"}]",
    "backslashes": lambda size: b'[{"link":"' + b"\\" * size + b'"}]',
    "escapes": lambda size: b'[{"link":"' + b"\\ud800" * (size // 6) + b'"}]',
    "a root with routes": lambda size: (
        b'{"name":"Blog","routes":{' + b",".join(b'"/a%d":{}' % n for n in range(size // 14)) + b"}}"
    ),
    "a page": lambda size: b"<!DOCTYPE html><p>" + b"a " * (size // 2),
}  # fmt: skip
ROBOTS: Shapes = {
    "rules": lambda size: b"User-agent: *\n" + b"".join(b"Disallow: /a%d/\n" % n for n in range(size // 19)),
    "wildcards": lambda size: b"User-agent: *\nDisallow: /" + b"*a" * (size // 2),
    "rules with wildcards": lambda size: (
        b"User-agent: *\n" + b"".join(b"Disallow: /*a*%d$\n" % n for n in range(size // 20))
    ),
    "groups": lambda size: b"".join(b"User-agent: a%d\nDisallow: /\n" % n for n in range(size // 33)),
    "agents": lambda size: b"".join(b"User-agent: a%d\n" % n for n in range(size // 20)),
    "sitemaps": lambda size: b"".join(b"Sitemap: /s%d.xml\n" % n for n in range(size // 20)),
    "lines": lambda size: b"a\n" * (size // 2),
    "one line": lambda size: b"a" * size,
    "one long rule": lambda size: b"User-agent: *\nDisallow: /" + b"a" * size,
    "percent signs": lambda size: b"User-agent: *\nDisallow: /" + b"%41" * (size // 3),
    "colons": lambda size: b":" * size,
    "a page": lambda size: b"<!DOCTYPE html>" + b"<p>a</p>\n" * (size // 9),
    "noarchive": lambda size: b"<meta name=robots content=index>" * (size // 32),
    "NUL": lambda size: b"\0" * size,
}  # fmt: skip
