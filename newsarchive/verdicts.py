"""The words by which the program decides: why a page is no article, what a block is, and which pass said so.

    Block("Share this:", label="share", rule="a phrase of data/phrases/en.toml", decided_by=DecidedBy.PHRASE)

Tables, stats and messages hold these words, and later steps compare them. The sentences beside them (`Block.rule`, the detail of a
refusal) are for people, and no code decides by their wording.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

#: Labels of blocks, spelled as they are stored. `body` stays in the article; all other blocks are kept beside it.
LABELS = (
    "body", "title", "description", "byline", "date", "caption", "attribution", "copyright", "quote",
    "share", "subscribe", "related", "read more", "comments", "promo", "advert", "token", "author bio",
    "tags", "nav", "footer", "consent", "form", "repeated", "other",
)  # fmt: skip


class DropReason(StrEnum):
    """Why a page is no article: the words that `NotAnArticle.reason`, stats and tables use."""

    EMPTY = "empty"
    NOT_HTML = "not html"
    BINARY = "binary"
    NO_TEXT = "no text"
    TOO_SHORT = "too short"
    INDEX_PAGE = "index page"
    STATIC_PAGE = "static page"
    #: Messages of several people: a forum's thread, a question with answers, an issue, a mailing list.
    DISCUSSION = "discussion"
    #: What a shop sells, or a list of that.
    PRODUCT = "product"
    EVENT = "event"
    JOB_OFFER = "job offer"
    #: A page of a wiki, of a documentation or of a course.
    REFERENCE_PAGE = "reference page"
    #: A person or a place in a directory.
    PROFILE = "profile"
    #: An album, a picture, a video or a song with a line or two.
    MEDIA = "gallery or video"
    #: A later page of a post that is split over pages. The crawl of the post fetches it.
    POST_PART = "part of a post"
    LOGIN_PAGE = "login page"
    ERROR_PAGE = "error page"
    CONSENT_PAGE = "consent page"
    #: The domain expired, or is for sale: whoever has it now answers each address with one page.
    PARKED_DOMAIN = "parked domain"
    #: The site answers other addresses with the same text: it says nothing of the post, whose stored text was another one.
    ONE_PAGE_FOR_ALL = "one page for all"
    #: Less than half of the stored text is left of this post and of others: a wall, or a theme that shows excerpts.
    CUT_SHORT = "cut short"
    PAYWALL = "paywall"
    PROTECTED = "protected"
    #: It has no text until its scripts have run.
    SCRIPT_ONLY = "script only"
    HTTP_STATUS = "http status"
    #: It forbids copies, and the settings say to obey that.
    NOARCHIVE = "noarchive"
    #: Its post is older than the crawl wants.
    BEFORE_SINCE = "before since"
    BROKEN = "broken"
    #: Reading it took longer than `NEWSARCHIVE_PAGE_SECONDS`.
    TOO_SLOW = "too slow"
    #: Two processes died in reading it, or the core raised an error: after two tries it waits for a newer extractor.
    CRASHED = "crashed"
    #: A step of another project raised an error on it.
    STEP_FAILED = "step failed"
    WITHHELD = "withheld"


class ChangeKind(StrEnum):
    """Why an article in the archive has changed: the words that tables, `history` and `diff` use."""

    NEW = "new"
    #: The site serves other bytes, and the article differs through them.
    PUBLISHER = "publisher"
    #: The same bytes, read by another version of the extractor.
    EXTRACTOR = "extractor"
    #: The same bytes, read by the same extractor, which knows more of the site: its template and conventions, or
    #: what its feed and API say. Or other bytes in which a place is another one at each look (`db.writing.restless`).
    SITE = "site"
    #: A person corrected a field, or took the correction back (`newsarchive correct`).
    CORRECTION = "correction"


class DecidedBy(StrEnum):
    """Which pass gave a block its label. Later steps decide by this; `Block.rule` says the same to people.

    The passes are listed in the order in which they run: those of extraction, those of the boilerplate step, and last
    the site's template.
    """

    #: No pass: the block was made by hand, or read back from an archive, which keeps only the sentence.
    NOTHING = ""
    #: The classifier of blocks kept it or turned it down.
    MODEL = "model"
    #: Extraction guessed it by its element, the names of the boxes around it, or its place at the top of the page.
    MARKUP = "markup"
    #: The page does not show it until a script does.
    HIDDEN = "hidden"
    #: The same text stands elsewhere in the article, or on every page of the post.
    REPETITION = "repetition"
    #: Its neighbours decided: a correction below the text, a heading above nothing, a line between paragraphs.
    NEIGHBOURS = "neighbours"
    #: The article's text came from JSON-LD, a feed or an API.
    SOURCE_TEXT = "source text"
    #: The site's settings, or the user's.
    SETTING = "setting"
    #: It is the page's headline.
    HEADLINE = "headline"
    #: A table of `data/platforms` names the element that it stands in (`[select]`).
    SELECTOR = "selector"
    #: A table of `data/phrases` knows its words.
    PHRASE = "phrase"
    #: It reads as an attribution or as a copyright notice.
    NOTICE = "notice"
    #: It credits a paper or an agency at the edge of the text.
    CREDIT = "credit line"
    #: It says what the article has as a field: a byline, a date, a caption.
    FIELD = "field"
    #: It says nothing: strokes, filler of a template, a post that a script draws.
    FILLER = "filler"
    #: It is a verification mark.
    TOKEN = "token"
    #: It asks, names a product or praises as promos do.
    PROMO = "promo"
    #: It belongs to a run of lines with a head: a list of links, a saying, an author's box, a republished tail.
    RUN = "run of lines"
    #: It stands below the head of the readers' comments.
    COMMENTS = "comments"
    #: What was learned from other pages of its site.
    TEMPLATE = "site template"


#: Passes of the boilerplate step that read the tables of `data/phrases` and `data/platforms`.
BY_TABLE = frozenset({DecidedBy.SELECTOR, DecidedBy.PHRASE})
#: Passes of the boilerplate step that decide by what a line says. Later steps take their labels for proved, and other
#: labels for guesses.
PROVED = BY_TABLE | {
    DecidedBy.NOTICE, DecidedBy.CREDIT, DecidedBy.FIELD, DecidedBy.TOKEN, DecidedBy.PROMO, DecidedBy.RUN,
}  # fmt: skip


class BlockVerdict(NamedTuple):
    """What a pass says of a block: its label, why in words, and which pass it was."""

    label: str
    rule: str
    decided_by: DecidedBy


class QualityFlag(StrEnum):
    """What casts doubt on an extraction: the words that `Quality.flags` and the tables hold.

    `Quality.flags` may also hold `damaged text: …` with a word of `Article.damage`, which decides nothing.
    """

    #: The classifier was nearly undecided.
    THIN_MARGIN = "thin margin"
    #: The page has more blocks than are read.
    PAGE_TOO_LONG = "page too long"
    #: The text does not end with a sentence.
    NO_SENTENCE_END = "no sentence end"
    #: The text has few words.
    SHORT = "short"
    #: What was kept may be the teasers of several articles.
    OTHER_ARTICLES = "other articles below"
    #: The page shows no article or a beginning; its JSON-LD gave the text.
    FROM_JSON_LD = "text from json-ld"
    #: A line below the text leads to the rest of it, at the original.
    EXCERPT = "excerpt of the original"
    #: The post is split over several pages and at least one is missing.
    PARTS_MISSING = "parts missing"
    #: Lines of the text stand on other pages of the site, with no proof that they belong to its template.
    REPEATED_LINES = "repeated lines"
    #: The text of the page differs from the text that the site's own feed, API or sitemap gives for it.
    DIFFERS_FROM_FEED = "differs from the feed"
    DIFFERS_FROM_API = "differs from the wp-json"
    DIFFERS_FROM_SITEMAP = "differs from the sitemap"
    DIFFERS_FROM_SITE = "differs from the site"


#: `SourceText.source` → the flag of a text that differs from it.
DIFFERS_FROM: Mapping[str, QualityFlag] = {
    "feed": QualityFlag.DIFFERS_FROM_FEED,
    "wp-json": QualityFlag.DIFFERS_FROM_API,
    "sitemap": QualityFlag.DIFFERS_FROM_SITEMAP,
    "site": QualityFlag.DIFFERS_FROM_SITE,
}
