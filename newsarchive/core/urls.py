"""Which URLs may be fetched, and which spellings of a URL are one page.

`normalise` gives the URL to fetch and to show. `url_key` gives what identifies the page in the archive:

    >>> url_key("http://www.blog.example/post/index.html?utm_source=feed") == url_key("https://blog.example/post/")
    True

Keys and sites are stored, so their tables stand here and not in `data/`, where a user's own rule files could change
them. Sources: RFC 3986, section 6 (equivalence), WHATWG URL (backslashes, control characters), UTS 46 (hosts).
"""

from __future__ import annotations

import ipaddress
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

from newsarchive.exceptions import UsageError

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

#: Hosts below which each name is a blog of its own: `a.wordpress.com` and `b.wordpress.com` are two sites. The Public
#: Suffix List says so of blogspot.com and github.io, whose owners asked for it; the owners of these hosts did not. A
#: host belongs here where everybody who signs up gets a name below it, not where the names are a portal's own
#: departments (`news.163.com`). The notation is that of the list: `*.fc2.com` says that `name.blog12.fc2.com` is one
#: blog.
BLOG_HOSTS: tuple[str, ...] = (
    # worldwide
    "wordpress.com", "home.blog", "news.blog", "politics.blog", "travel.blog", "food.blog", "tech.blog", "art.blog",
    "music.blog", "photo.blog", "poetry.blog", "school.blog", "science.blog", "sport.blog", "family.blog",
    "substack.com", "medium.com", "tumblr.com", "livejournal.com", "dreamwidth.org", "ghost.io", "typepad.com",
    "typepad.co.uk", "typepad.fr", "weebly.com", "squarespace.com", "strikingly.com", "jimdo.com", "jimdofree.com",
    "jimdosite.com", "webnode.com", "webnode.page", "beehiiv.com", "write.as", "bearblog.dev", "mataroa.blog",
    "micro.blog", "posthaven.com", "svbtle.com", "hashnode.dev", "edublogs.org", "blogs.com", "neocities.org",
    "tripod.com", "angelfire.com", "hypotheses.org", "noblogs.org", "page.tl",
    # French, Portuguese, Italian
    "over-blog.com", "over-blog.net", "over-blog.fr", "canalblog.com", "eklablog.com", "centerblog.net", "unblog.fr",
    "free.fr", "skyrock.com", "blogs.sapo.pt", "myblog.it",
    # German, Dutch, Nordic
    "blogsport.de", "blogsport.eu", "twoday.net", "myblog.de", "blogg.se", "blogg.no", "webnode.de", "webnode.fr",
    # Central and Eastern Europe
    "webnode.cz", "webnode.sk", "webnode.hu", "blog.cz", "blog.hu", "blox.pl", "blogger.ba", "diary.ru", "ucoz.ru",
    "narod.ru",
    # Persian
    "blogfa.com", "blogsky.com", "mihanblog.com", "persianblog.ir", "blog.ir",
    # Japanese, Korean, Chinese
    "blog.jp", "livedoor.blog", "*.fc2.com", "seesaa.net", "exblog.jp", "cocolog-nifty.com", "jugem.jp", "muragon.com",
    "typepad.jp", "tistory.com", "egloos.com", "pixnet.net", "blog.163.com", "blog.sohu.com",
    # Blogger's hosts of countries, which are in old links, and no longer in the Public Suffix List
    *(f"blogspot.{country}" for country in (
        "ae", "al", "am", "ba", "be", "bg", "bj", "ca", "cf", "ch", "cl", "co.at", "co.id", "co.il", "co.ke", "co.nz",
        "co.uk", "co.za", "com.ar", "com.au", "com.br", "com.by", "com.co", "com.cy", "com.ee", "com.eg", "com.es",
        "com.mt", "com.ng", "com.tr", "com.uy", "cv", "cz", "de", "dk", "fi", "fr", "gr", "hk", "hr", "hu", "ie", "in",
        "is", "it", "jp", "kr", "li", "lt", "lu", "md", "mk", "mr", "mx", "my", "nl", "no", "pe", "pt", "qa", "re", "ro",
        "rs", "ru", "se", "sg", "si", "sk", "sn", "td", "tw", "ug", "vn",
    )),
)  # fmt: skip

#: Characters of a URL. A longer one is a crawler trap or data, and PostgreSQL could not store it: an entry of an index has at
#: most 2,704 bytes there. A title of 280 Thai letters, nine characters each, has room.
MAX_URL_CHARACTERS = 2600
#: Characters of a URL in archives of SQLite that versions before 2026-11-29 made. They are read, and no new one is stored.
MAX_STORED_URL_CHARACTERS = 4096

_DEFAULT_PORT = {"http": 80, "https": 443}

#: Query parameters that say how a reader came or how the page looks, never which page it is. Ambiguous names (`ref`,
#: `source`, `from`, `id`, `page`) are left out: a post that is fetched twice is found by its canonical URL later, but a
#: post that is folded into another one is lost.
_TRACKING = frozenset(["fbclid", "gclid", "gclsrc", "gad_source", "gad_campaignid", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "ysclid", "twclid", "ttclid", "igshid", "igsh", "li_fat_id", "mc_cid", "mc_eid", "mkt_tok", "vero_id", "vero_conv", "oly_anon_id", "oly_enc_id", "rb_clickid", "s_cid", "wickedid", "_openstat", "_ga", "_gl", "_hsenc", "_hsmi", "__hssc", "__hstc", "__hsfp", "hsctatracking", "icid", "ncid", "cmpid", "ocid", "spm", "scm", "ref_src", "ref_url", "_branch_match_id", "guccounter", "guce_referrer", "guce_referrer_sig", "xtor", "wt_mc", "wt_zmc", "at_medium", "at_campaign", "at_custom1", "at_custom2", "at_custom3", "at_custom4", "epik", "srsltid", "replytocom", "share", "nb", "like_comment", "showcomment", "amp", "noamp", "outputtype", "ampshare", "usqp", "__twitter_impression", "phpsessid", "jsessionid", "wg-choose-original", "jetpack_skip_subscription_popup"])  # fmt: skip
_TRACKING_PREFIX = ("amp_", "utm_", "pk_", "mtm_", "piwik_", "matomo_", "hsa_", "aspsessionid", "_x_tr_")

#: Parameters that are dropped with these values alone: Blogger's mobile switch, WordPress' first page.
_TRACKING_VALUE = {"m": {"0", "1"}, "paged": {"0", "1"}}

#: The session of a reader, as forums and shops write it into every link: 32 or 40 digits of a hash, or 26 letters (PHP). `sid` and `s`
#: may also name the post, as `article.php?sid=…`: a session is dropped only where something else names it.
_SESSION = re.compile(
    r"(?:s|sid|sess|session|session_?id|oscsid|zenid|cftoken)=(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-v]{26})",
    re.I,
)
#: What names a post at the end of a path: a number, or words with hyphens.
_NAMES_POST = re.compile(r"[\d-][^/]*/?\Z")

#: Files that a server gives for a directory: `/2024/post/index.html` and `/2024/post/` are one page.
_INDEX_FILES = re.compile(r"/(?:index\.(?:html?|php|xhtml)|default\.aspx?)$", re.I)

#: AMP versions at the end of a path: `/post/amp/`, `/post/amp`, `/post.amp.html`, `/post.amp`.
_AMP_PATH = re.compile(r"(?<=[^/])/amp/*$|(?<=[^/.])\.amp(?=\.html?$|$)", re.I)
#: What stands at the end of every path that these two shorten.
_FOLDED_ENDS = re.compile(r"amp|index\.|default\.", re.I)
#: Characters of the longest such end, `/default.aspx`.
_MAX_FOLDED_CHARACTERS = 13
#: AMP versions below a host of their own: `amp.blog.example`, `amp-de.blog.example`.
_AMP_HOST = re.compile(r"amp[.-](?=[^.]+\.)")

_USUAL_PORT = re.compile(r":(?:80|443)$")
_WWW = re.compile(r"^(?:www\d?\.)+(?=[^.]+\.)")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.\-]*:", re.I)
_WITH_HOST = re.compile(r"https?://[^/#\s]", re.I)
_LINE_BREAKS = re.compile(r"[\t\r\n]+")
#: An `&` that was escaped once or more often for HTML, and never unescaped: `?a=1&amp;b=2`.
_ESCAPED_AMPERSAND = re.compile(r"&(?:(?:amp|#0{0,3}38);)+", re.I)
#: What is left of one before the first parameter: `?amp;b=2`. Behind another parameter it would be an escaped `&` again.
_FIRST_AMPERSAND = re.compile(r"^([^?]*\?)(?:amp;)+", re.I)
#: A scheme before another: `http://https://blog.example/`. In a path it is no mistake: `web.archive.org/web/2020/http://https://…`.
_DOUBLE_SCHEME = re.compile(r"\A(?:https?:/{1,2})+(?=https?:/)", re.I)
#: A host without a scheme: `www.blog.example/post`. No folder has such a name.
_BARE_HOST = re.compile(r"www\.(?:[\w-]{1,63}\.)+[a-z]{2,18}(?=[:/?#]|$)", re.I)
#: A scheme with one slash or none, behind which a browser reads a host where the page has another scheme (WHATWG URL).
_FEW_SLASHES = re.compile(r"(https?):/?(?![/\\])", re.I)
_ENCODED = re.compile(r"%([0-9a-fA-F]{2})|%")
_ENCODED_RUN = re.compile(r"(?:%[0-9a-fA-F]{2})+")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_SAFE = frozenset(b"!$&'()*+,;=:@/%") | _UNRESERVED


def _encoded(safe: frozenset[int]) -> dict[int, str]:
    """For `str.translate`: bytes, read as Latin-1, that must be percent-encoded."""
    return {byte: f"%{byte:02X}" for byte in range(256) if byte not in safe}


#: Bytes that a path must not hold as they are (RFC 3986, 3.3).
_ENCODED_IN_PATH = _encoded(_SAFE)
#: Bytes that a query must not hold as they are; it may hold a question mark (RFC 3986, 3.4).
_ENCODED_IN_QUERY = _encoded(_SAFE | frozenset(b"?"))

#: An address that is spelled regularly already, as nearly all are: `https://blog.example/2024/post/?p=1`. Its path has no dots
#: to resolve, and no `;`, which `urljoin` drops at an end; what is percent-encoded has to be.
_REGULAR = re.compile(
    r"https?://(?=[^/]{1,253}/)(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}"
    r"(?:/(?!\.)(?:[A-Za-z0-9_~!$&'()*+,=:@.-]|%[0189A-F][0-9A-F])*+)++"
    r"(?:\?(?:[A-Za-z0-9_~!$&'()*+,=:@/?.-]|%[0189A-F][0-9A-F])++)?"
)

#: The scheme and host of an address.
_HOST = re.compile(r"https?://[^/?#\\;\s]++(?=[/?#]|\Z)")

#: URLs whose folded forms are remembered; a crawl asks for those of one post two dozen times.
_MAX_REMEMBERED_URLS = 4096


@lru_cache(maxsize=_MAX_REMEMBERED_URLS)
def normalise(url: str, base: str = "") -> str:
    """The absolute URL to fetch: http or https, lower-case IDNA host, no fragment, no credentials.

    Query and path keep their meaning and order; only their spelling is made regular. Raises `ValueError` with the reason
    for a URL that must not or cannot be fetched (`javascript:`, `file:`, no host, too long).
    """
    text = url.strip()
    if not text.isprintable():
        text = _LINE_BREAKS.sub("", text)
    if len(text) > MAX_URL_CHARACTERS:
        raise ValueError(f"longer than {MAX_URL_CHARACTERS} characters")
    if _REGULAR.fullmatch(text):
        return text
    # An address from the root of its host, as most pages write it, is regular where it is so behind its host. To take it apart and
    # to put it together again takes ten times as long, and a list may have 20,000.
    if text[:1] == "/" and text[1:2] != "/" and (host := _HOST.match(base)):
        whole = host[0] + text
        if len(whole) <= MAX_URL_CHARACTERS and _REGULAR.fullmatch(whole):
            return whole
    return _spelled(text, base)


def _spelled(text: str, base: str) -> str:
    """The absolute URL in its regular spelling. Raises `ValueError` like `normalise`."""
    parts = _absolute(_mended(text, base), base)
    path = _without_dots(_spell(parts.path.replace("\\", "/"), _ENCODED_IN_PATH)) or "/"
    query = _spell(parts.query, _ENCODED_IN_QUERY)
    host = _ascii_host(parts.hostname or "")
    try:
        port = parts.port
    except ValueError as error:
        raise ValueError("no valid port") from error
    host = host if port in (None, _DEFAULT_PORT[parts.scheme]) else f"{host}:{port}"
    spelled = f"{parts.scheme}://{host}{path}" + (f"?{query}" if query else "")
    if len(spelled) > MAX_URL_CHARACTERS:  # a letter beyond ASCII becomes six to twelve characters
        raise ValueError(f"longer than {MAX_URL_CHARACTERS} characters")
    return spelled


def _mended(text: str, base: str) -> str:
    """The URL without the mistakes that people and programs make before they publish it. Each of them loses the page.

    >>> _mended("http://https://blog.example/?a=1&amp;b=2", ""), _mended("www.blog.example/a", "http://blog.example/")
    ('https://blog.example/?a=1&b=2', 'http://www.blog.example/a')
    """
    if ";" in text:
        text = _FIRST_AMPERSAND.sub(r"\1", _ESCAPED_AMPERSAND.sub("&", text))
    if text.count(":/") > 1:
        text = _DOUBLE_SCHEME.sub("", text)
    if _BARE_HOST.match(text):
        return f"{'http' if base.startswith('http:') else 'https'}://{text}"
    few = _FEW_SLASHES.match(text)
    return f"{few[1]}://{text[few.end() :]}" if few and not base.startswith(f"{few[1].lower()}:") else text


def try_normalise(url: str, base: str = "") -> str | None:
    """`normalise`, or `None` for a URL that it refuses."""
    try:
        return normalise(url, base)
    except ValueError:
        return None


def parts_of(url: str) -> SplitResult:
    """`urlsplit` for the URLs of pages: empty parts where it would raise `ValueError` (`http://[::1`)."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


@lru_cache(maxsize=_MAX_REMEMBERED_URLS)
def names_host(url: str, base: str) -> bool:
    """Whether an address that a page gives as its own names a host at all: that of the page, or one with a domain.

    Plug-ins write the page's slug there (`http://old-harbour`), or the whole address in escapes.

    >>> names_host("https://b.example/1", "https://a.example/"), names_host("http://old-harbour", "https://a.example/")
    (True, False)
    >>> names_host("http://wiki/1", "http://wiki/"), names_host("https://a.example%2F1", "https://a.example/1")
    (True, False)
    """
    host = parts_of(url).hostname or ""
    return host == parts_of(base).hostname or (_plausible_host(host) and "%" not in host)


@lru_cache(maxsize=_MAX_REMEMBERED_URLS)
def url_key(url: str) -> str:
    """What identifies a page: `host/path?query`, the same for every spelling of one URL.

    Left out are scheme, `www.`, default port, fragment, trailing slash, `index.html`, AMP versions (`/amp/`,
    `amp.blog.example`) and tracking parameters; the other parameters are sorted, and `?p=ID` stays. `url_key(url_key(u)) ==
    url_key(u)`. Raises `ValueError` like `normalise`, but takes the longer addresses of old archives too.
    """
    whole = url if _SCHEME_NOT_PORT.match(url.strip()) else f"https://{url.strip()}"
    is_old = MAX_URL_CHARACTERS < len(whole) <= MAX_STORED_URL_CHARACTERS and _REGULAR.fullmatch(whole)
    if not is_old:
        whole = normalise(whole)
    host, _, rest = whole.partition("://")[2].partition("/")
    path, _, query = rest.partition("?")
    path = f"/{path}"
    path = _folded_path(_without_dots(_PATH_SESSION.sub("", path) if ";" in path else path))
    if query:
        query = "&".join(_of_page(path, sorted(p for p in query.split("&") if p and not _is_tracking(p))))
    host = _folded_host(_USUAL_PORT.sub("", host))
    return host + (path or "/") + (f"?{query}" if query else "")


def site_of(url: str) -> str:
    """The host that names a site, in lower case and without `www.`, with its port where that is not the usual one."""
    return url_key(url).partition("/")[0]


def folder_of(url: str) -> str:
    """The folder of a start page, with a slash at its end: `…/blog/` of `…/blog` and of `…/blog/index.html`."""
    parts = urlsplit(url)
    folder, _, last = parts.path.rpartition("/")
    path = parts.path if not re.search(r"\.\w{2,5}$", last) else f"{folder}/"
    return f"{parts.scheme}://{parts.netloc}{path.rstrip('/')}/"


def registered_domain(url: str) -> str:
    """The registered domain of a URL: `example.co.uk` of `https://blog.example.co.uk/`; "" for what is no URL.

    `name.blogspot.com` and `name.wordpress.com` count as registered, by the private part of the Public Suffix List and by
    `BLOG_HOSTS`. IP addresses, single names and public suffixes that are sites (`gov.cn`) give the host itself, without
    `www.`.

    >>> registered_domain("https://www.gov.cn/"), registered_domain("https://name.blog12.fc2.com/blog-entry-1.html")
    ('gov.cn', 'name.blog12.fc2.com')
    """
    host = _WWW.sub("", urlsplit(try_normalise(url) or "").hostname or "")
    return _extract_domain(host) or host


def same_site(a: str, b: str) -> bool:
    """Whether both URLs belong to one registered domain; false for what is no URL."""
    try:
        if site_of(a) == site_of(b):
            return True
        host = urlsplit(a).hostname or ""
        is_address = ":" in host or host.replace(".", "").isdigit()  # two ports of one machine are two sites
        return not is_address and registered_domain(a) == registered_domain(b)
    except ValueError:
        return False


#: A query that names whose posts a page lists (`?tag=ferry`, `?author=3`), and not the page of a list (`?page=2`).
_NAMED = r"\?(?!page=)[\w-]{1,20}=[^&]"
#: The path or query under which blogs keep the posts of one category: `/category/harbour/`, `/Kategorien/Hafen/`, `?cat=3`,
#: `/categories?category=Harbour`; the place of one on the page of all, as Jekyll's themes do without plug-ins: `/categories/#harbour`.
_CATEGORY = re.compile(
    rf"/(?:categor|kategor|rubri)\w{{0,5}}(?:/[^/?#]|/?{_NAMED}|/?#[^/])|[?&]cat=\d", re.IGNORECASE
)


def is_category(url: str) -> bool:
    """Whether an address is that of a category of posts, by the words that blogs put into it.

    >>> [is_category(url) for url in ("/categories/Science/", "/categories?category=Science", "/categories/#science", "/2025/03/science/")]
    [True, True, True, False]
    """
    return _CATEGORY.search(url[:2000]) is not None


#: The path under which blogs keep the posts of one tag: `/tag/ferry/`, `/tags/ferry`, `/search/label/Ferry`, `/tags/?tag=ferry`, Marmite's `/tag-ferry.html`, Kirby's `/notes/tag:ferry`; Plone
#: asks its search for them: `/@@search?Subject%3Alist=ferry`.
_TAG = re.compile(
    rf"/(?:tags?|tagged|etiquetas?|schlagw\w{{1,8}}|label|keywords?)(?:/[^/?#]|/?{_NAMED}|/?#[^/])|/tag-[^/?#]+\.html?$|/tag:[^/?#]+|[?&]Subject(?:%3A|:)list=[^&]",
    re.IGNORECASE,
)


def is_tag(url: str) -> bool:
    """Whether an address is that of a tag of posts, by the words that blogs put into it.

    >>> [is_tag(url) for url in ("/tags/ferry/", "/tags/?tag=ferry", "/tags/?page=2", "/2025/03/ferry/", "https://shop.example/lamp?tag=blog-21")]
    [True, True, False, False, False]
    """
    return _TAG.search(url[:2000]) is not None


def check_start_url(text: str, argument: str = "url") -> str:
    """The URL that a person typed: `blog.example` becomes `https://blog.example/`.

    Raises `UsageError`, naming the argument ("" for a word of a command line) and what to type instead.
    """
    given = text.strip().strip("<>\"'").strip()
    named = f"{argument}=" if argument else ""
    remedy = f"give a web address, for example {named}https://blog.example"
    if not given:
        raise UsageError(f"{argument or 'the address'} is empty: {remedy}")
    if _CREDENTIALS.match(given):
        raise UsageError(
            f"{argument or 'the address'} holds a user name: leave it out, it would be stored with every URL"
        )
    try:
        url = normalise(_with_scheme(given))
    except ValueError as error:
        raise UsageError(f"{named}{given[:200]!r} cannot be crawled ({error}): {remedy}") from error
    if not _plausible_host(urlsplit(url).hostname or ""):
        raise UsageError(f"{named}{given[:200]!r} is no web address: {remedy}")
    return url


#: The address of a page in a web archive: the page's own address stands behind a time, or behind * for all times. The
#: Wayback Machine takes it without either, and without a scheme.
_WEB_ARCHIVE = re.compile(
    r"https?://(?:(?:web\.|www\.)?archive\.org(?::80|:443)?/web/(?:[\d*]+(?:[a-z]{2}_)?/)?"
    r"|[^/?#]+/(?:[^/?#]+/){0,4}?(?:\d{4,14}\*?(?:[a-z]{2}_)?|\*)/(?=https?:/))(?P<own>\S+)",
    re.I,
)


def is_web_archive(url: str) -> bool:
    """Whether an address is that of a page in a web archive.

    >>> is_web_archive("https://web.archive.org/web/2025/https://blog.example/1"), is_web_archive("https://blog.example/2025/")
    (True, False)
    """
    return _WEB_ARCHIVE.match(url) is not None


def domain_of(site: str) -> str:
    """The domain of a site that a person names by it or by any of its addresses, as archives spell it. Raises `UsageError` for an
    address of none.

    >>> domain_of("Blog.Example"), domain_of("https://www.blog.example/about"), domain_of("blog.example/")
    ('blog.example', 'blog.example', 'blog.example')
    >>> domain_of("müller.example"), domain_of("http://intranet/")
    ('xn--mller-kva.example', 'intranet')
    """
    site = site.strip()
    if "/" not in site:
        url = None if site.isascii() else try_normalise(f"https://{site}")
        return site_of(url) if url else site.lower().removeprefix("www.")
    try:
        return site_of(normalise(site) if "://" in site else check_start_url(site))
    except (UsageError, ValueError) as error:
        raise UsageError(
            f"site {site!r}: no address of a site; give its domain, 'blog.example'; for several ask once for each"
        ) from error


def check_blog(text: str, argument: str = "url") -> str:
    """The URL of a blog that a person typed, as `check_start_url` gives it.

    Raises `UsageError`, also for a page in a web archive: its host would be taken for the blog.
    """
    url = check_start_url(text, argument)
    if found := _WEB_ARCHIVE.match(url):
        named = f"{argument}=" if argument else ""
        own = try_normalise(_with_scheme(re.sub(r":/(?=[^/])", "://", found["own"], count=1))) or found["own"]
        raise UsageError(
            f"{named}{url[:200]!r} is a page in a web archive, and would be stored as one of {site_of(url)}. Crawl the blog itself"
            f" where it still answers: {own[:200]} . Where it is gone, take its pages out of the web archive into a WARC file, which"
            " `newsarchive crawl warc -a path=FILE` reads with their addresses and days: the guide to WARC files says how, under"
            ' "A blog that is gone". One page: `newsarchive extract ADDRESS`'
        )
    return url


#: `localhost:8000/x` has a port, `mailto:x` a scheme.
_SCHEME_NOT_PORT = re.compile(r"^[a-z][a-z0-9+.\-]*:(?!\d)", re.I)
_CREDENTIALS = re.compile(r"^(?!mailto:)(?:https?://)?[^/?#\\]*@", re.I)
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.I)


def _with_scheme(text: str) -> str:
    """The text with a scheme: http for loopback servers, which have no certificate, else https."""
    if _SCHEME_NOT_PORT.match(text):
        return text
    local = re.match(r"^(localhost|127\.|\[::1\])", text)
    return ("http://" if local else "https://") + text.lstrip("/")


def _plausible_host(host: str) -> bool:
    return "." in host.strip(".") or host == "localhost" or ":" in host


def _absolute(text: str, base: str) -> SplitResult:
    scheme = _SCHEME.match(text)
    if scheme and scheme.group()[:-1].lower() not in _DEFAULT_PORT:
        raise ValueError(f"only http and https can be fetched, not {scheme.group().lower()[:40]}")
    # A browser reads http:\\host\path as http://host/path (WHATWG URL, special schemes).
    head, mark, tail = text.partition("?")
    head = head.replace("\\", "/")
    is_whole = _WITH_HOST.match(head) and ";" not in head
    parts = urlsplit(head + mark + tail if is_whole else urljoin(base, head + mark + tail))
    if parts.scheme not in _DEFAULT_PORT:
        raise ValueError("no http or https URL")
    if not parts.hostname:
        raise ValueError("no host")
    return parts


@lru_cache(maxsize=4096)
def _ascii_host(host: str) -> str:
    import idna

    if ":" in host:
        return f"[{ipaddress.ip_address(host.partition('%')[0]).compressed}]"
    host = unquoted(host).rstrip(".")
    if re.search(r"[^a-z0-9.\-_]", host):
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError) as error:
            raise ValueError("no valid host name") from error
    if not host or len(host) > 253 or any(not label or len(label) > 63 for label in host.split(".")):
        raise ValueError("no valid host name")
    return host


def _spell(text: str, encoded: dict[int, str]) -> str:
    """The text with percent-encoding, in upper-case hex, where it is needed and nowhere else (RFC 3986, 2.1)."""
    if "%" in text:
        text = _ENCODED.sub(_spell_one, text)
    if text.isascii() and not re.search(r"[\x00-\x20\"<>\[\\\]^`{|}\x7f]", text):
        return text
    return text.encode("utf-8", "surrogatepass").decode("latin-1").translate(encoded)


def unquoted(text: str) -> str:
    """A text without percent-encoding, as UTF-8; what is no UTF-8 becomes U+FFFD. It is `urllib.parse.unquote`, in a third of
    its time where letters of other scripts are encoded: that takes one byte at a time.

    >>> unquoted("/%D0%BF%D0%B0%D1%80%D0%BE%D0%BC/100%"), unquoted("%ff-%e2%82")
    ('/паром/100%', '\ufffd-\ufffd')
    """
    if "%" not in text:
        return text
    return _ENCODED_RUN.sub(lambda m: bytes.fromhex(m[0].replace("%", "")).decode("utf-8", "replace"), text)


def _spell_one(match: re.Match[str]) -> str:
    if not match[1]:
        return "%25"
    byte = int(match[1], 16)
    return chr(byte) if byte in _UNRESERVED else f"%{byte:02X}"


def _without_dots(path: str) -> str:
    """RFC 3986, 5.2.4: `/a/./b/../c` is `/a/c` (urljoin does it for relative references only)."""
    if "/." not in path:
        return path
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if segment == "..":
            kept = kept[:-1] if len(kept) > 1 else kept
        elif segment != ".":
            kept.append(segment)
    if segments[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)


def _folded_host(host: str) -> str:
    """The host without `www.`, and without the mark of an AMP version: `blog.example` of `amp.blog.example`, and `amp.example` as it
    is, which somebody registered."""
    while True:
        host = _WWW.sub("", host)
        shorter = _AMP_HOST.sub("", host, count=1) if host.startswith("amp") else host
        registered = _extract_domain(shorter.partition(":")[0]) if shorter != host else ""
        if not registered or registered != _extract_domain(host.partition(":")[0]):
            return host
        host = shorter


def _folded_path(path: str) -> str:
    while True:
        folded = path.rstrip("/")
        if _FOLDED_ENDS.search(folded[-_MAX_FOLDED_CHARACTERS:]):
            folded = _AMP_PATH.sub("", _INDEX_FILES.sub("/", path)).rstrip("/")
        if folded == path:
            return path
        path = folded


def _of_page(path: str, parameters: list[str]) -> list[str]:
    """The parameters without a reader's session, where the path or another parameter names the post."""
    own = [one for one in parameters if not _SESSION.fullmatch(one)]
    return own if own or _NAMES_POST.search(path) else parameters


def _is_tracking(parameter: str) -> bool:
    name, _, value = parameter.partition("=")
    name = name.lower()
    if name in _TRACKING or name.startswith(_TRACKING_PREFIX):
        return True
    return value in _TRACKING_VALUE.get(name, frozenset())


@lru_cache(maxsize=4096)
def _extract_domain(host: str) -> str:
    blog_hosts, public = _suffix_lists()
    suffixes = blog_hosts if blog_hosts.publicsuffix(host) else public
    return suffixes.privatesuffix(host) or ""


@cache
def _suffix_lists() -> tuple[PublicSuffixList, PublicSuffixList]:
    """`BLOG_HOSTS`, and the Public Suffix List that is part of the package: no network, no cache folder."""
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(BLOG_HOSTS, accept_unknown=False), PublicSuffixList(accept_unknown=False)
