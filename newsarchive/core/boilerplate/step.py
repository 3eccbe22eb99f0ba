"""Says of each block of one page what it is, and takes boilerplate out of the article.

Example: of the blocks "The ferry runs again.", "Share this:" and "This article first appeared in Mare News", the first
stays `body`, the others become `share` and `attribution`.

Extraction delivers all blocks of the page in order, labelled `body` or with a guess. The passes below give the others
their kind, and take a body block out only where a cue proves that it is none. Nothing is lost: a block keeps its text,
`decided_by` names the pass that decided, and `rule` says why. What only many pages of a site can show is the work of
`core/site_template`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache

from newsarchive.core.boilerplate import cues, figures, position, reader_comments
from newsarchive.core.boilerplate.multiline import closed, opened
from newsarchive.core.boilerplate.phrases import MAX_PHRASE_CHARACTERS, Lookup, Phrases, Verdicts, phrases
from newsarchive.core.extraction.agreement import heard_again
from newsarchive.core.extraction.confidence import reconsidered
from newsarchive.core.html.entries import Entries
from newsarchive.core.html.render import rendered
from newsarchive.core.metadata.headline import original_headline
from newsarchive.core.origin.attribution import attribution_of
from newsarchive.core.origin.backlinks import label_lines, without_headline
from newsarchive.core.origin.credits import HINT_WEIGHT, READ_MORE, container, credit_lines, edge_lines
from newsarchive.core.origin.notices import copyright_of, ended_by, signed_by
from newsarchive.core.origin.publishers import listed
from newsarchive.core.text import dates
from newsarchive.core.text.language import begins_alike, with_language
from newsarchive.core.text.lines import is_prose, prose_ends, record_lines, source_names
from newsarchive.core.text.normalise import fold
from newsarchive.core.text.shortcodes import verdict_on
from newsarchive.core.text.words import comparable_words, ends_sentence
from newsarchive.items import Article, Block, BlockVerdict, DecidedBy
from newsarchive.rules import Rules

#: Labels of the page's own head, which no pass overrules.
OWN_LABELS = frozenset({"title", "description", "byline", "date", "caption"})
#: Labels of what stands in a box of a table's text and is none of it.
NAMED_FOR_SURE = OWN_LABELS | {"comments"}
#: What a table's elements of text take back: guesses, and that nothing follows what a line announces, since what follows is text now.
_TAKEN_BACK = position.GUESSES | {DecidedBy.NEIGHBOURS}
#: Words of an attribution; a longer block is prose that mentions a source.
MAX_ATTRIBUTION_WORDS = 70
#: Words of a copyright notice; a longer block is prose that mentions one.
MAX_COPYRIGHT_WORDS = 35
#: Characters of a notice of either kind; a longer block is not read.
MAX_NOTICE_CHARACTERS = 500
#: Characters of a line that credits a picture and says what it shows; a longer line is text.
MAX_PICTURE_CREDIT_CHARACTERS = 220
#: Words from which on a sentence of the article is neither a phrase of a table nor the credit of a picture.
MIN_SENTENCE_WORDS = 16
#: Labels for which whole sentences are phrases too: only these ask for an address or for consent, or say how a post is filed.
SENTENCE_LABELS = frozenset({"subscribe", "comments", "tags", "advert", "consent"})
#: Characters of a headline. A heading that ends in a longer one, behind a kicker, is the headline as well.
MIN_KICKED_HEADLINE_CHARACTERS = 15
#: Characters that a kicker may add to a headline.
MAX_KICKER_CHARACTERS = 60
#: Last lines of a text that may be an agency's signatures: Reuters ends with who reported, and with its principles.
MAX_SIGNATURES = 2
#: A word before a headline, with a colon: "Title: ".
_LABEL = re.compile(r"[^\W\d_]{2,12} ?[:：] ?")
#: Initials as agencies print them below a text: "na/vd", "jsk-sha/".
_INITIALS = re.compile(r"[a-z]{2,6}(?:[/-][a-z]{0,6}){1,3}")
#: A word, which a time of day is not: "10:20 am".
_WORD = re.compile(r"[^\W\d_]{3,}")
#: Words of the article that must be left outside of the elements that a platform's table takes out, and at least half of all but
#: where the element holds comments, or posts with their titles.
MIN_WORDS_OUTSIDE = 12
#: Lines at the beginning of a text that are asked for what a house says above it, up to the first sentence that no table knows.
MAX_OPENING_LINES = 3
#: Lines at the end of a text that are asked for what a house says below it; lines above them are the article's.
MAX_CLOSING_LINES = 3

_ATTRIBUTION = BlockVerdict(
    "attribution", "attribution: says where the article appeared first", DecidedBy.NOTICE
)
_COPYRIGHT = BlockVerdict(
    "copyright", "copyright: a notice with its sign or year and a holder", DecidedBy.NOTICE
)


class Marks:
    """The blocks of a page while the passes label them."""

    def __init__(self, article: Article, rules: Rules) -> None:
        self.article = article
        self.rules = rules
        self.words: Phrases = phrases(rules)
        self.blocks = list(article.blocks)
        self._body: list[int] | None = None  # asked for by most passes, and changed by few
        #: Names and domains of the papers that credit lines name.
        self.credited: list[str] = []
        descriptions = [c.value for c in article.candidates if c.field == "description"]
        own = (article.headline, article.alternative_headline, article.description, *descriptions)
        #: The page's headlines and descriptions, folded. A description is often the first lines of the text.
        self.own = {fold(t) for t in own if t}

    @cached_property
    def folded(self) -> list[str]:
        """The texts of all blocks, folded; no pass changes a text."""
        return [fold(block.text) for block in self.blocks]

    @cached_property
    def known(self) -> dict[int, Verdicts]:
        """What the tables of phrases know of the text of a block; nothing of most blocks."""
        known = self.words.known
        return {i: found for i, text in enumerate(self.folded) if (found := known(text))}

    def line(self, folded: str) -> BlockVerdict | None:
        """What the tables of whole lines know of a folded line."""
        return self.words.known(folded).get("line")

    @cached_property
    def heads(self) -> cues.Heads:
        """The blocks whose text a table knows as the head of a list or of a saying."""
        return {i: found["head"] for i, found in self.known.items() if "head" in found}

    @property
    def body(self) -> list[int]:
        """The positions of what is still the article."""
        if self._body is None:
            self._body = [i for i, b in enumerate(self.blocks) if b.label == "body"]
        return self._body

    def above_closings(self) -> list[int]:
        """The positions of the article without its last lines that are what a house says below its texts."""
        last = len(self.body)
        for i in reversed(self.body[1:][-MAX_CLOSING_LINES:]):
            if not self.closing(i) or signed_by(self.blocks[i].text, self.rules):
                break
            last -= 1
        return self.body[:last]

    def closing(self, i: int) -> BlockVerdict | None:
        """What the tables of closings know of a block, but for a reporter's words."""
        text = self.folded[i]
        verdict = self.words.closing(text[:MAX_PHRASE_CHARACTERS])
        return None if verdict is None or cues.reports(text, self.words) else verdict

    def mark(self, i: int, label: str, rule: str, decided_by: DecidedBy) -> None:
        """Give a block its label; the page's own title and lede keep theirs."""
        block = self.blocks[i]
        if block.label not in OWN_LABELS and not (block.label == "body" and self.folded[i] in self.own):
            self.relabel(i, label, rule, decided_by)

    def relabel(self, i: int, label: str, rule: str, decided_by: DecidedBy) -> None:
        """Give a block its label, whatever it has."""
        self.blocks[i] = self.blocks[i].relabelled(label, rule, decided_by)
        self._body = None

    def mark_all(self, places: Iterable[int], label: str, rule: str, decided_by: DecidedBy) -> None:
        for i in places:
            self.mark(i, label, rule, decided_by)

    def mark_spans(self, spans: Iterable[cues.Span], label: str, decided_by: DecidedBy) -> None:
        for places, rule in spans:
            self.mark_all(places, label, rule, decided_by)


def boilerplate_step(article: Article, rules: Rules) -> Article:
    """The article with the blocks of its page labelled; its text, HTML and word count are those of the body blocks.

    No text is changed, nor its order. A block of several lines is cut where its lines get different labels, and
    between paragraphs. What the passes know of the page tells how sure the extraction is now.
    """
    judged = article.with_blocks(_labelled(article, rules, PASSES))
    if (lines := opened(judged)) is not None:
        judged = closed(judged, lines, _labelled(lines.article, rules, LINE_PASSES))
    done = heard_again(rendered(reconsidered(judged, article.blocks)))
    # A line such as PHP's "Strict Standards" at the top of a text misleads the detector of languages.
    return done if begins_alike(done, article) else with_language(done, rules)


def _labelled(article: Article, rules: Rules, passes: Iterable[Pass]) -> list[Block]:
    """The blocks of an article as these passes leave them."""
    marks = Marks(article, rules)
    for run_pass in passes:
        run_pass(marks)
    return marks.blocks


def titles(marks: Marks) -> None:
    """Label blocks that repeat the page's headline: any block outside of the article, or a heading above its text.

    Earns the label of the headline on 543 of 1,282 real pages, and 0.3 points of F1 on made-up blogs
    (`docs/benchmarks/ablation.md`).
    """
    if not (headline := fold(marks.article.headline)):
        return
    found = [i for i, text in enumerate(marks.folded) if text.rstrip("*").endswith(headline)]
    found += [i for i, text in enumerate(marks.folded) if text.startswith(headline) and _is_dated(marks, i)]
    if not found:
        return
    first = next((i for i in marks.body if is_prose(marks.blocks[i])), 0)
    for i in found:
        block, text = marks.blocks[i], marks.folded[i].rstrip("*")
        is_heading = block.kind == "heading"
        # A heading may have it behind a kicker: "Politics: The bridge stays".
        is_long = is_heading and len(headline) > MIN_KICKED_HEADLINE_CHARACTERS
        is_kicked = is_long and len(text) < len(headline) + MAX_KICKER_CHARACTERS
        # "Title: The bridge stays" is what a program was told to write first.
        is_labelled = i < first and _LABEL.fullmatch(text[: -len(headline)]) is not None
        outside = block.label not in ("body", "title") or (is_heading and i < first) or is_labelled
        if outside and (text == headline or is_kicked or is_labelled or _is_dated(marks, i)):
            marks.relabel(i, "title", "title: the page's headline", DecidedBy.HEADLINE)


def _is_dated(marks: Marks, i: int) -> bool:
    """Whether a heading is the headline with its day and time behind it: "The ferry stays · 3 May 2005, 10:20" (Textpattern)."""
    block = marks.blocks[i]
    rest = block.text[len(marks.article.headline) :] if block.kind == "heading" else ""
    day = dates.date_text(rest, marks.rules) if len(rest) <= MAX_KICKER_CHARACTERS else ""
    return bool(day) and _WORD.search(rest.replace(day, "", 1)) is None


def original_titles(marks: Marks) -> None:
    """Label lines in which a copy says what the original's headline was.

    Earns the line of 15 of 65 Chinese news pages.
    """
    for i in marks.body:
        if marks.blocks[i].kind != "code" and original_headline(marks.blocks[i].text, marks.rules):
            marks.mark(i, "title", "title: the headline that the original had", DecidedBy.HEADLINE)


def places(marks: Marks) -> None:
    """Label blocks inside an element that a platform's table names, unless most of the article is in there.

    A table may also name the elements that hold the article's text (label `body`). What the classifier turned down there is
    text after all, such as a postscript of one paragraph in a box of its own, whatever the boxes further out are called: Substack's
    footnotes stand in `article.newsletter-post`. Links and labels count only in the element that holds most of the text, for menus
    are made of accordions too.

    Earns labels on half of the real pages, and 0.03 points of F1 (`docs/benchmarks/ablation.md`).
    """
    entries = Entries([(b.path, b.kind == "heading" and not b.links) for b in marks.blocks])
    own = ((i, b.path) for i, b in enumerate(marks.blocks) if not entries.other(b.path))
    hits = {i: v for i, path in own if (v := marks.words.select(path))}
    content = container([marks.blocks[i].path for i in marks.body if i not in hits])
    inside = f"{content}/" if content else ""
    for i in [i for i, verdict in hits.items() if verdict.label == "body"]:
        block, verdict = marks.blocks[i], hits.pop(i)
        linked = sum(len(said) for said, _ in block.links)
        is_label = 2 * linked > len(block.text) or not ends_sentence(block.text)
        is_menu = is_label and not block.path.startswith(inside)
        if block.label == "body" or (
            not is_menu and block.label not in NAMED_FOR_SURE and block.decided_by in _TAKEN_BACK
        ):
            marks.relabel(i, *verdict)
    if not hits:
        return
    words = {i: comparable_words(marks.blocks[i].text) for i in marks.body}
    left = sum(n for i, n in words.items() if i not in hits)
    most = left >= sum(words.values()) / 2
    teasers = set() if most else position.teasers(marks.blocks, hits, marks.article.url)
    for i, verdict in hits.items():
        sure = most or verdict.label == "comments" or i in teasers
        if i not in words or (left >= MIN_WORDS_OUTSIDE and sure):
            marks.mark(i, *verdict)


def originals(marks: Marks) -> None:
    """Label the originals that a translator left beside its sentences, however much of the text they are: what is left says the same."""
    found = {i: verdict for i in marks.body if (verdict := marks.words.original(marks.blocks[i].path))}
    if len(found) < len(marks.body):
        for i, verdict in found.items():
            marks.mark(i, *verdict)


def accordions(marks: Marks) -> None:
    """Give the questions of accordions back to the text, where their answers are text."""
    for i in list(position.questions(marks.blocks)):
        marks.relabel(i, *position.QUESTION)


def lines(marks: Marks) -> None:
    """Label whole lines that a table of phrases knows, but for sentences of the article.

    Earns 0.4 to 0.8 points of boilerplate dropped on real pages, and 5 of WordPress posts without any
    (`docs/benchmarks/ablation.md`).
    """
    several = [i for i, block in enumerate(marks.blocks) if "\n" in block.text]
    for i in sorted({*marks.known, *several}):
        block = marks.blocks[i]
        if block.kind != "code" and (verdict := _verdict_on_lines(block, marks.line)):
            sentence = block.label == "body" and is_prose(block, MIN_SENTENCE_WORDS)
            if not sentence or verdict.label in SENTENCE_LABELS:
                marks.mark(i, *verdict)


def _verdict_on_lines(block: Block, lookup: Lookup) -> BlockVerdict | None:
    """The verdict on the first line of a block, `None` where the table does not know every one of its lines."""
    if "\n" not in block.text:
        return lookup(fold(block.text))
    verdicts = [lookup(fold(part)) for part in block.text.split("\n") if part.strip()]
    return verdicts[0] if verdicts and all(verdicts) else None


def notices(marks: Marks) -> None:
    """Label attributions and copyright notices, but for the facts of records: "Publisher: Heron Games".

    Earns 6 points of WordPress posts without boilerplate, and 12 of origins named right (`docs/benchmarks/ablation.md`).
    """
    facts = record_lines(marks.blocks)
    for i, block in enumerate(marks.blocks):
        if i in facts or block.kind in ("code", "table") or block.label in OWN_LABELS:
            continue
        line = without_headline(block.text, marks.article.headline)
        verdict = _notice(block.text, marks.rules)
        if verdict is None and line != block.text:
            verdict = _notice(line, marks.rules, quotes=True)
        if verdict:
            marks.mark(i, *verdict)


@lru_cache(maxsize=8192)  # the pages of a site share most of their lines
def _notice(text: str, rules: Rules, *, quotes: bool = False) -> BlockVerdict | None:
    is_word = text.isascii() and text.isalpha()
    if is_word or len(text) > MAX_NOTICE_CHARACTERS:
        return None
    attribution, notice = attribution_of(text, rules, quotes=quotes), copyright_of(text, rules)
    if not attribution and not notice:  # nearly all lines, whose words are not counted
        return None
    words = comparable_words(text)
    if notice and 0 < words <= 2 and text.startswith(("©", "ⓒ")):
        return _COPYRIGHT if listed(notice.holder, rules) else None
    if attribution and 1 < words <= MAX_ATTRIBUTION_WORDS:
        return _ATTRIBUTION
    return _COPYRIGHT if notice and 2 < words <= MAX_COPYRIGHT_WORDS else None


def credited_papers(marks: Marks) -> None:
    """Label lines at the edges of the text that credit a paper in any words, and a last line that is an agency's name."""
    for i, credit in credit_lines(marks.blocks, marks.article, marks.rules):
        if credit.weight <= HINT_WEIGHT:
            continue
        marks.credited += [credit.source, credit.domain]
        if marks.blocks[i].label not in ("attribution", READ_MORE):
            rule = f"attribution: credits a paper ({', '.join(credit.parts)})"
            marks.mark(i, "attribution", rule, DecidedBy.CREDIT)
    labels = label_lines(marks.blocks, marks.article.url, marks.rules)
    rule = "attribution: the label of a link to the original"
    marks.mark_all(
        sorted({*labels}.intersection(edge_lines(marks.blocks))), "attribution", rule, DecidedBy.CREDIT
    )
    signature = "attribution: the agency that signs the article"
    below: list[int] = []  # the initials of those who worked on it, which an agency prints below its name
    for i in reversed(marks.above_closings()[-MAX_SIGNATURES:]):
        agency = signed_by(marks.blocks[i].text, marks.rules)
        if not agency and not below and _INITIALS.fullmatch(marks.blocks[i].text.strip()):
            below.append(i)
            continue
        if not agency:
            break
        marks.credited.append(agency)
        marks.mark_all([i, *below], "attribution", signature, DecidedBy.CREDIT)
    for i in marks.body:  # a program that copied the text may have put such a line into it
        if agency := ended_by(marks.blocks[i].text, marks.rules):
            marks.credited.append(agency)
            marks.mark(i, "attribution", signature, DecidedBy.CREDIT)


def pictures(marks: Marks) -> None:
    """Label captions and credits of pictures, posts of social networks that scripts draw as they draw pictures, and what programs left
    in the text: shortcodes that nobody ran, and names in a template."""
    marks.mark_all(figures.captions(marks.blocks, marks.body), *figures.IN_FIGURE)
    marks.mark_all(figures.embeds(marks.blocks, marks.body), *figures.EMBED)
    for i in marks.body:
        block = marks.blocks[i]
        if block.kind != "code" and (left := verdict_on(block.text)):
            marks.mark(i, *left, DecidedBy.FILLER)
            continue
        short = len(block.text) <= MAX_PICTURE_CREDIT_CHARACTERS and not is_prose(block, MIN_SENTENCE_WORDS)
        if short and block.kind != "code" and (verdict := _verdict_on_lines(block, marks.words.picture)):
            marks.mark(i, *verdict)


def bylines_and_filler(marks: Marks) -> None:
    """Label bylines and dates, which the article has as fields; then lines without a letter, and filler text.

    Earns 0.1 points of boilerplate dropped on real pages: the text of 38 of 1,282 changes
    (`docs/benchmarks/ablation.md`).
    """
    authors = [author.name for author in marks.article.authors]
    known = (c.value for c in marks.article.candidates if c.field in ("article_section", "keywords"))
    topics = {topic for topic in (marks.article.article_section, *marks.article.keywords, *known) if topic}
    for i, verdict in position.bylines_and_dates(marks.blocks, marks.body, authors, topics, marks.rules):
        marks.mark(i, *verdict)
    for places_of, verdict in (
        (position.wordless, position.WORDLESS),
        (position.filler, position.FILLED),
        (position.scripts, position.SCRIPT),
        (position.counters, position.COUNTED),
        (position.line_numbers, position.LINE_NUMBERS),
    ):
        marks.mark_all(list(places_of(marks.blocks, marks.body)), *verdict)


def tokens(marks: Marks) -> None:
    """Label verification marks above the first or below the last prose; inside the text they may be content.

    Earns 4 points of WordPress posts without boilerplate, nothing on 1,282 real pages; the seed needs it
    (`docs/benchmarks/ablation.md`).
    """
    prose = prose_ends(marks.blocks, marks.body) or [0]
    for i, block in enumerate(marks.blocks):
        inside = prose[0] < i < prose[-1]
        if not inside and block.kind in ("paragraph", "heading") and cues.is_token(block.text):
            rule = "token: a label and a machine's mark, outside of the prose"
            marks.mark(i, "token", rule, DecidedBy.TOKEN)


def quotes(marks: Marks) -> None:
    """Label quotes of the day or week.

    Earns labels on 140 of 180 posts of blogs, nothing on 1,282 real pages; the seed needs it
    (`docs/benchmarks/ablation.md`).
    """
    marks.mark_spans(cues.quotes(marks.blocks, marks.heads), "quote", DecidedBy.RUN)


def promos(marks: Marks) -> None:
    """Label promos inside the text.

    Earns 1.3 points of WordPress posts without boilerplate, and 0.06 on real pages; the seed needs it
    (`docs/benchmarks/ablation.md`).
    """
    found = cues.promo_lines(marks.blocks, marks.folded, marks.words)
    marks.mark_spans(found, "promo", DecidedBy.PROMO)


def lists(marks: Marks) -> None:
    """Label the heads of link lists, and the lists below them.

    Earns 4 points of WordPress posts without boilerplate; on real pages it costs 0.2 points of text kept
    (`docs/benchmarks/ablation.md`).
    """
    # Names that the page's attributions and notices give for its source.
    names = [name for name in marks.credited if name]
    for block in marks.blocks:
        if block.label == "attribution" and (attribution := attribution_of(block.text, marks.rules)):
            names += [attribution.source, *(word for word in block.text.split() if "." in word[:-1])]
        elif block.label == "copyright" and (notice := copyright_of(block.text, marks.rules)):
            names.append(notice.holder)
    calls = {i: found["line"] for i, found in marks.known.items() if "line" in found}
    found = cues.link_lists(marks.blocks, marks.heads, calls, source_names(*names))
    marks.mark_spans(found, "related", DecidedBy.RUN)


def republished_tails(marks: Marks) -> None:
    """Label lists between a head and an attribution that name one source, in any words.

    Earns 2 points of F1 on single pages of blogs with odd wordings (`python -m benchmarks.template`), nothing on real pages.
    """
    for run, closing in cues.republished_tails(marks.blocks):
        marks.mark_all(run, "related", "tail: a list whose head and last line name one source", DecidedBy.RUN)
        unread = [i for i in closing if marks.blocks[i].label not in ("attribution", "copyright")]
        marks.mark_all(unread, "attribution", "tail: names the source of the list above it", DecidedBy.RUN)


def edges(marks: Marks) -> None:
    """Label short lines that are boilerplate where no prose of the article follows.

    Earns 23 points of posts without boilerplate on made-up English blogs (`python -m benchmarks.template`), and labels on a
    quarter of the real pages (`docs/benchmarks/ablation.md`).
    """
    last = max(prose_ends(marks.blocks, marks.body), default=-1)
    for i, known in marks.known.items():
        if i > last and (verdict := known.get("edge")):
            marks.mark(i, *verdict)


def openings(marks: Marks) -> None:
    """Label what a house says above a text: who pays for it, that it is a press release, which desk wrote it, the way to its parts.

    Earns 60 of 993 lines that houses print (`docs/benchmarks/article-text.md`).
    """
    body = marks.body
    for i in body[: min(MAX_OPENING_LINES, len(body) - 1)]:
        text, prose = marks.folded[i], is_prose(marks.blocks[i])
        if (verdict := marks.words.opening(text)) and not (prose and cues.reports(text, marks.words)):
            marks.mark(i, *verdict)
        elif prose:
            return


def closings(marks: Marks) -> None:
    """Label what a house says below a text: of the author, of itself, and of what it asks for.

    Earns 0.05 points of boilerplate dropped and 0.04 of F1 on real pages (`docs/benchmarks/ablation.md`).
    """
    box = cues.author_box(marks.blocks, marks.body, marks.words)
    rule = "head: about who wrote the article, and the lines under it"
    marks.mark_all(box, "author bio", rule, DecidedBy.RUN)
    body = marks.body
    for i in body[max(1, len(body) - MAX_CLOSING_LINES) :]:
        if verdict := marks.closing(i):
            marks.mark(i, *verdict)
    authors = [author.name for author in marks.article.authors if author.kind == "person"]
    rule = "position: the last paragraph tells what the author does"
    told = list(position.lives(marks.blocks, marks.body, authors, marks.rules))
    marks.mark_all(told, "author bio", rule, DecidedBy.FIELD)
    if marks.body != body:  # a row of signs may part the text from what was just labelled
        marks.mark_all(list(position.wordless(marks.blocks, marks.body)), *position.WORDLESS)


def comments(marks: Marks) -> None:
    """Label what stands below the head of the comments, where most of the article stands above it, or the head counts them.

    Earns 0.03 points of F1 on pages of 2005 to 2012: the text of 6 changes (`docs/benchmarks/ablation.md`).
    """
    head = reader_comments.comments_head(marks.blocks, marks.body)
    below = [i for i in marks.body if head is not None and i > head]
    marks.mark_all(below, "comments", "comments: below the head of the comments", DecidedBy.COMMENTS)


def discussions(marks: Marks) -> None:
    """Label a discussion below the article that stands in the article's own element, by the lines that sign its posts.

    Earns 0.004 of word F1 on pages of 2007 to 2012 (`docs/benchmarks/article-text.md`), nothing on pages of the 2020s.
    """
    found = reader_comments.discussion(marks.blocks, marks.body, marks.words)
    marks.mark_all(found, "comments", "comments: signed below the article, one by one", DecidedBy.COMMENTS)
    among = reader_comments.heads_of_comments(marks.blocks, marks.body)
    marks.mark_all(among, "comments", "comments: a short line among comments", DecidedBy.COMMENTS)


Pass = Callable[[Marks], None]

#: The passes in their order. Titles come first, since nothing overrules them; places come before phrases, which say
#: more precisely what a line in them is; lists come after all passes whose labels can end a list.
PASSES: tuple[Pass, ...] = (
    titles,
    original_titles,
    places,
    originals,
    accordions,
    lines,
    notices,
    credited_papers,
    pictures,
    bylines_and_filler,
    tokens,
    quotes,
    promos,
    republished_tails,
    lists,
    edges,
    openings,
    closings,
    comments,
    discussions,
)

#: The passes for the lines of a block that the passes above left in the article. Titles and places speak of whole
#: blocks, and a list inside a block belongs to it.
LINE_PASSES = tuple(
    each for each in PASSES if each not in (titles, places, accordions, republished_tails, discussions)
)
