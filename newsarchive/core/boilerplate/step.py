"""Chrome removal on one page: says of each block what it is, and takes clutter out of the article.

Extraction delivers all blocks of the page in order, labelled `body` or a guess. The passes below
give the others their kind, and take a body block out only where a cue proves it. Nothing is lost:
a block keeps its text, its `decided_by` names the pass that decided, and its `rule` says why. What only many pages of a site can show
is the work of `core/site_template/template.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from newsarchive.core.boilerplate import cues, position
from newsarchive.core.boilerplate.multiline import closed, opened
from newsarchive.core.boilerplate.phrases import LONGEST, Lookup, Phrases, phrases
from newsarchive.core.html.render import rendered
from newsarchive.core.origin.attribution import attribution_of
from newsarchive.core.origin.credits import credit_lines
from newsarchive.core.origin.notices import copyright_of, signed_by
from newsarchive.core.text.lines import is_prose, source_names
from newsarchive.core.text.normalise import fold
from newsarchive.core.text.records import record_lines
from newsarchive.core.text.words import comparable_words
from newsarchive.items import Article, Block, BlockVerdict, DecidedBy
from newsarchive.rules import Rules

#: Labels of the page's own head, which no table overrules.
OWN = frozenset({"title", "description", "byline", "date", "caption"})
#: Longest notices, in words: a longer block is prose with a mention.
ATTRIBUTION = 70
COPYRIGHT = 35
LONGEST_NOTICE = 500  # characters
CREDIT = 220  # of a picture, with what it shows; characters
#: So many lines at the end of a text may be its house speaking.
CLOSING = 3
_ATTRIBUTION = BlockVerdict(
    "attribution", "attribution: says where the article appeared first", DecidedBy.NOTICE
)
_COPYRIGHT = BlockVerdict(
    "copyright", "copyright: a notice with its sign or year and a holder", DecidedBy.NOTICE
)


class Marks:
    """The labels of a page while the passes work on them; `body` is what is still the article."""

    def __init__(self, article: Article, rules: Rules) -> None:
        self.article = article
        self.credited: list[str] = []  # the papers that credit lines name
        self.blocks = list(article.blocks)
        self.rules = rules
        self.words: Phrases = phrases(rules)
        self.headline = article.headline
        said = [
            c.value for c in article.candidates if c.field == "description"
        ]  # the first lines of the text, too
        own = (article.headline, article.alternative_headline, article.description, *said)
        self.own = {fold(t) for t in own if t}

    @property
    def body(self) -> list[int]:
        return [i for i, b in enumerate(self.blocks) if b.label == "body"]

    def mark(self, i: int, label: str, rule: str, decided_by: DecidedBy) -> None:
        """Give a block its label; the page's own title and lede keep theirs."""
        block = self.blocks[i]
        if block.label not in OWN and not (block.label == "body" and fold(block.text) in self.own):
            self.blocks[i] = block.relabelled(label, rule, decided_by)

    def mark_all(self, spans: Iterable[cues.Span], label: str, decided_by: DecidedBy) -> None:
        for span, rule in spans:
            for i in span:
                self.mark(i, label, rule, decided_by)


def chrome_step(article: Article, rules: Rules) -> Article:
    """Label the blocks of one page. No text is changed, nor its order; a block of several lines is cut where
    its lines get different labels, and between paragraphs.

    HTML and word count follow what is left of the article.
    """
    judged = article.with_blocks(_passed(article, rules, PASSES))
    if (lines := opened(judged)) is not None:
        judged = closed(judged, lines, _passed(lines.article, rules, LINE_PASSES))
    return rendered(judged)


def _passed(article: Article, rules: Rules, passes: Iterable[Callable[[Marks], None]]) -> list[Block]:
    """The blocks of an article as these passes leave them."""
    marks = Marks(article, rules)
    for run_pass in passes:
        run_pass(marks)
    return marks.blocks


def titles(marks: Marks) -> None:
    """The headline where the page prints it: any block outside of the article, or a heading before it."""
    headline = fold(marks.headline)
    first = next((i for i in marks.body if is_prose(marks.blocks[i])), 0)
    for i, block in enumerate(marks.blocks):
        outside = block.label not in ("body", "title") or (block.kind == "heading" and i < first)
        if headline and outside and _shows(block, headline):
            marks.blocks[i] = block.relabelled("title", "title: the page's headline", DecidedBy.HEADLINE)


def _shows(block: Block, headline: str) -> bool:
    """Whether a block is the headline, or a heading that ends in it, behind the line that is set over it."""
    text = fold(block.text)
    behind = block.kind == "heading" and len(headline) > 15 and len(text) < len(headline) + 60
    return text == headline or (behind and text.endswith(headline))


def places(marks: Marks) -> None:
    """Blocks inside an element that a platform's table names, unless most of the article is in there."""
    hits = {i: v for i, b in enumerate(marks.blocks) if (v := marks.words.select(b.path))}
    body = marks.body
    words = {i: comparable_words(marks.blocks[i].text) for i in body}
    left = sum(n for i, n in words.items() if i not in hits)
    enough = left >= max(40, sum(words.values()) / 2)
    for i, verdict in hits.items():
        if enough or i not in words or (verdict.label == "comments" and left >= 60):
            marks.mark(i, *verdict)


def lines(marks: Marks) -> None:
    """Whole lines that the phrase tables know. A long sentence of the article is no phrase, unless it
    asks for an address or says how a post is filed: only those are whole sentences in the wild."""
    for i, block in enumerate(marks.blocks):
        if block.kind != "code" and (verdict := _line(block, marks.words.line)):
            sentence = block.label == "body" and is_prose(block, 16)
            if not sentence or verdict.label in ("subscribe", "comments", "tags", "advert"):
                marks.mark(i, *verdict)


def _line(block: Block, lookup: Lookup) -> BlockVerdict | None:
    """The verdict on a block: on its text, or where it has line breaks on each of its lines."""
    verdicts = [lookup(fold(part)) for part in block.text.split("\n") if part.strip()]
    return verdicts[0] if verdicts and all(verdicts) else None


def notices(marks: Marks) -> None:
    """Attribution and copyright lines, wherever they stand, but for facts of records ("Publisher: Heron Games")."""
    facts_of_records = record_lines(marks.blocks)
    for i, block in enumerate(marks.blocks):
        if i in facts_of_records or block.kind in ("code", "table"):
            continue
        if verdict := _notice(block.text, marks.rules):
            marks.mark(i, *verdict)


@lru_cache(maxsize=8192)
def _notice(text: str, rules: Rules) -> BlockVerdict | None:
    """Remembered, for a site's pages share most of their lines."""
    if len(text) > LONGEST_NOTICE or not 1 < (words := comparable_words(text)) <= ATTRIBUTION:
        return None
    if attribution_of(text, rules):
        return _ATTRIBUTION
    if 2 < words <= COPYRIGHT and copyright_of(text, rules):
        return _COPYRIGHT
    return None


def credits_(marks: Marks) -> None:
    """Lines at the edges of the text that credit a paper, in whatever words."""
    for i, credit in credit_lines(marks.blocks, marks.article, marks.rules):
        marks.credited += [credit.source, credit.domain]
        rule = f"attribution: credits a paper ({', '.join(credit.parts)})"
        marks.mark(i, "attribution", rule, DecidedBy.CREDIT)
    for i in marks.body[-1:]:
        if agency := signed_by(marks.blocks[i].text, marks.rules):
            marks.credited.append(agency)
            rule = "attribution: the agency that signs the article"
            marks.mark(i, "attribution", rule, DecidedBy.CREDIT)


def pictures(marks: Marks) -> None:
    """Captions and credits of pictures that were taken for text, and what scripts draw as they do pictures."""
    marks.mark_all(
        [(position.captions(marks.blocks, marks.body), position.IN_FIGURE)], "caption", DecidedBy.FIELD
    )
    marks.mark_all([(position.embeds(marks.blocks, marks.body), position.EMBED)], "other", DecidedBy.FILLER)
    for i in marks.body:
        block = marks.blocks[i]
        if len(block.text) > CREDIT or block.kind == "code" or is_prose(block, 16):
            continue
        if found := _line(block, marks.words.picture):
            marks.mark(i, *found)


def facts(marks: Marks) -> None:
    """Bylines and dates at the edges of the text, which the article has as fields; strokes that part nothing, and filler."""
    authors = [author.name for author in marks.article.authors]
    for i, label, rule in position.facts(marks.blocks, marks.body, authors, marks.rules):
        marks.mark(i, label, rule, DecidedBy.FIELD)
    marks.mark_all(
        [(list(position.wordless(marks.blocks, marks.body)), position.WORDLESS)], "other", DecidedBy.FILLER
    )
    marks.mark_all(
        [(list(position.fillers(marks.blocks, marks.body)), position.FILLED)], "other", DecidedBy.FILLER
    )


def tokens(marks: Marks) -> None:
    """Verification marks before the first or after the last prose; inside the text they may be content."""
    prose = [i for i in marks.body if is_prose(marks.blocks[i])]
    for i, block in enumerate(marks.blocks):
        inside = prose and prose[0] < i < prose[-1]
        if not inside and block.kind in ("paragraph", "heading") and cues.is_token(block.text):
            rule = "token: a label and a machine's mark, outside of the prose"
            marks.mark(i, "token", rule, DecidedBy.TOKEN)


def quotes(marks: Marks) -> None:
    """Quotes of the day or week."""
    marks.mark_all(cues.quote_slots(marks.blocks, marks.words), "quote", DecidedBy.RUN)


def promos(marks: Marks) -> None:
    """In-body promos."""
    marks.mark_all(cues.promo_lines(marks.blocks, marks.words), "promo", DecidedBy.PROMO)


def lists(marks: Marks) -> None:
    """Heads of link lists, and the lists."""
    marks.mark_all(cues.list_runs(marks.blocks, marks.words, _sources(marks)), "related", DecidedBy.RUN)


def _sources(marks: Marks) -> tuple[str, ...]:
    """Names, folded, that the page's attributions and notices give for its source."""
    found = [name for name in marks.credited if name]
    for block in marks.blocks:
        if block.label == "attribution" and (attribution := attribution_of(block.text, marks.rules)):
            found += [attribution.source, *(word for word in block.text.split() if "." in word[:-1])]
        elif block.label == "copyright" and (notice := copyright_of(block.text, marks.rules)):
            found.append(notice.holder)
    return source_names(*found)


def named(marks: Marks) -> None:
    """Lists between a head and an attribution that name one source, in whatever words."""
    for run, closing in cues.named_tails(marks.blocks, [b.label for b in marks.blocks]):
        rule = "tail: a list whose head and last line name one source"
        marks.mark_all([(run, rule)], "related", DecidedBy.RUN)
        unread = [i for i in closing if marks.blocks[i].label not in ("attribution", "copyright")]
        rule = "tail: names the source of the list above it"
        marks.mark_all([(unread, rule)], "attribution", DecidedBy.RUN)


def edges(marks: Marks) -> None:
    """Short lines that are furniture where no prose of the article follows."""
    after = cues.last_prose(marks.blocks, marks.body)
    for i, block in enumerate(marks.blocks):
        if i > after and (verdict := marks.words.edge(fold(block.text))):
            marks.mark(i, *verdict)


def closings(marks: Marks) -> None:
    """What a house says below a text: of itself, of what it asks for, and of who wrote it."""
    for i in cues.author_boxes(marks.blocks, marks.body, marks.words):
        rule = "head: about who wrote the article, and the lines under it"
        marks.mark(i, "author bio", rule, DecidedBy.RUN)
    body = marks.body
    for i in body[max(1, len(body) - CLOSING) :]:
        text = fold(marks.blocks[i].text)
        verdict = marks.words.closing(text[:LONGEST])
        if verdict and not cues.reports(text, marks.words):
            marks.mark(i, *verdict)


def comments(marks: Marks) -> None:
    """What stands under the comments' head, where most of the article stands above it."""
    start = cues.comments_tail(marks.blocks, marks.body)
    for i in marks.body:
        if start is not None and i > start:
            rule = "comments: below the head of the comments"
            marks.mark(i, "comments", rule, DecidedBy.COMMENTS)


#: In this order: titles, which nothing overrules; places before phrases, which say more precisely
#: what a line in them is; lists after all that can end a list.
PASSES: tuple[Callable[[Marks], None], ...] = (
    titles,
    places,
    lines,
    notices,
    credits_,
    pictures,
    facts,
    tokens,
    quotes,
    promos,
    named,
    lists,
    edges,
    closings,
    comments,
)

#: What is asked of the lines of a block that the passes above left in the article. A list inside a block belongs to
#: it, so `named` is not asked; nor are titles and places, which speak of whole blocks.
LINE_PASSES = tuple(one for one in PASSES if one not in (titles, places, named))
