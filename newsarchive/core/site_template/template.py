"""Applies to one page what was learned of its site (`model.Template`): `apply_template` labels its blocks.

`pack_reading` keeps what a page alone was read as, so that a template that is learned later costs no second reading of
the page. Example: page 4 of a new blog still has the blog's promo in its text, since four pages prove nothing. Page 34 proves it.
The article of page 4, as the steps left it before any template was applied, is unpacked, the new template is applied, and
the text is right. From the page's bytes the same takes forty times as long.

A reading belongs to one process and version of the program, and is never part of an archive: it is pickled, which is
the fastest, and unpacked by nobody else. Of its capture it has all but the bytes.

`difference` tells which pages may be taken otherwise by a new template than by the one before it: those with a line about
which the two differ. Example: page 34 proves that "Brass owl desk" is boilerplate. Of 33 pages the four that have this
line are looked at again, by its key in each page's record; the other 29 are not.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter

from newsarchive.compression import compress, decompress
from newsarchive.core.boilerplate.cues import MAX_LIST_LINES
from newsarchive.core.site_template.conventions import Convention, effects
from newsarchive.core.site_template.evidence import Finding
from newsarchive.core.site_template.layouts import Layout, fits, inside
from newsarchive.core.site_template.lists import MAX_HEAD_WORDS, inset_run, list_run
from newsarchive.core.site_template.model import Entry, Template
from newsarchive.core.site_template.observations import Line, Observation, lines_of, words_by_place
from newsarchive.core.text.lines import number
from newsarchive.items import Article, Block, DecidedBy, QualityFlag

#: Roles of entries that take what stands below them.
OPENING_ROLES = ("head", "inset")
#: Labels of lists that another pass took out.
LIST_LABELS = frozenset({"related", "repeated"})
#: Labels of lines that lead to a site's own lists of posts.
MENU_LABELS = frozenset({"nav", "tags", "footer"})


def apply_template(article: Article, template: Template) -> Article:
    """Label the blocks of one page by what was learned of its site.

    `article` must be as the page's own steps left it. A line that repeats without proof stays in the body, its rule says
    "aside", and the article's quality is flagged `repeated lines`.
    """
    return marked(article, verdicts(lines_of(article), template, article.url))


def marked(article: Article, marks: Mapping[int, Finding]) -> Article:
    """The article with the labels of `verdicts`."""
    if not marks:
        return article
    blocks = list(article.blocks)
    for i, finding in marks.items():
        rule = f"template, {finding.role}: {finding.reason}"
        blocks[i] = blocks[i].relabelled(finding.label, rule, DecidedBy.TEMPLATE)
    done = article.with_blocks(blocks)
    aside = any(finding.role == "aside" for finding in marks.values())
    if aside and QualityFlag.REPEATED_LINES not in article.quality.flags:
        flags = (*article.quality.flags, QualityFlag.REPEATED_LINES)
        return replace(done, quality=replace(article.quality, flags=flags))
    return done


def verdict_of(marks: Mapping[int, Finding], changing: Sequence[Convention] = ()) -> int:
    """A number for the labels that a template gives a page and the conventions that change it, 0 for none: two readings
    with one number left the same text, date and authors.
    """
    labels = sorted((i, finding.label) for i, finding in marks.items() if finding.role != "aside")
    names = sorted(convention.name for convention in changing)
    return number(repr((labels, names) if names else labels)) if labels or names else 0


def layout_of(lines: Sequence[Line], template: Template) -> Layout | None:
    """The newest layout that a page fits."""
    words = words_by_place(lines) if template.layouts else {}
    return next((layout for layout in reversed(template.layouts) if fits(words, layout)), None)


def verdicts(lines: Sequence[Line], template: Template, url: str = "") -> dict[int, Finding]:
    """Place of a line in its page → what the template says of it, where that changes or flags it.

    The site's template earns 23 points of WordPress posts without boilerplate, and 0.6 of F1
    (`docs/benchmarks/ablation.md`).
    """
    found: dict[int, Finding] = {}
    if not template.entries and not template.layouts:
        return found  # nothing was learned: a page without siblings stays as it is
    layout = layout_of(lines, template)
    first = next((i for i, line in enumerate(lines) if line.is_body and line.is_prose), -1)
    for i, line in enumerate(lines):
        entry = entry_of(line, template)
        if entry and not (i == first and entry.first == url and entry.finding.role != "drop"):
            # What other pages have in a menu or among their tags ("Stocks") may be a subheading here: extraction's model is sure
            # of it, and it leads nowhere.
            is_menu = entry.finding.role == "chrome" and entry.finding.label in MENU_LABELS
            if is_menu and line.is_body and line.sure and not line.linked:
                continue
            if entry.finding.role in (("chrome", "drop", "aside") if line.is_body else ("keep",)):
                found[i] = entry.finding
        elif layout and _taken_back(line, layout, entry):
            found[i] = Finding("container", "body", f"inside the article's element, layout {layout.number}")
    _cut(lines, layout, template, found)
    _runs(lines, template, found)
    return found


def entry_of(line: Line, template: Template) -> Entry | None:
    """What was learned of a line: of its key first, else of its form. Nothing of the page's own title."""
    if line.own or line.fixed or not line.key:
        return None
    exact = template.entries.get(line.key)
    if exact and exact.finding.role != "aside":
        return exact
    formed = template.entries.get(line.form) if line.form else None
    return formed or exact


def _taken_back(line: Line, layout: Layout, entry: Entry | None) -> bool:
    """Whether a line that extraction took for something else is put back into the article: unique prose in the article's element.

    Galleries, teasers and comments stand in that element too, so a feed or an API must have proved the element, or extraction's
    own model must be sure of the line.
    """
    return (
        entry is None
        and line.guess
        and (line.sure or layout.taught)
        and line.is_prose
        and not line.linked
        and inside(line.place, layout.container)
    )


def _stays(line: Line, template: Template) -> bool:
    """Whether nothing may take a line out: the page's own, code, tables, what was locked to be kept."""
    entry = template.entries.get(line.key)
    return line.own or line.fixed or (entry is not None and entry.finding.role == "keep")


def _is_unique_prose(line: Line, template: Template) -> bool:
    return line.is_prose and entry_of(line, template) is None


def _cut(lines: Sequence[Line], layout: Layout | None, template: Template, found: dict[int, Finding]) -> None:
    """Take out what stands outside of the article's element or beyond an anchor.

    Unique prose always stays. What extraction is sure of stays outside of the element. Beyond an anchor no more lines go than
    a list may hold, because a longer list is content, and the footnotes of the text stay: "Originally published at …" may stand above them.
    """
    if layout is None:
        return
    own = [(i, x) for i, x in enumerate(lines) if x.is_body and i not in found]
    prose = [i for i, x in own if _is_unique_prose(x, template)]
    if not prose:
        return
    # the lines between the last anchor above the prose and the first one below it
    starts = (i for i in range(prose[0]) if lines[i].key in layout.starts)
    ends = (i for i in range(prose[-1] + 1, len(lines)) if lines[i].key in layout.ends)
    framed = range(max(starts, default=-1) + 1, min(ends, default=len(lines)))
    loose = [i for i, x in own if not _stays(x, template) and not _is_unique_prose(x, template)]
    beyond = [i for i in loose if i not in framed]
    for i in loose:
        if not inside(lines[i].place, layout.container):
            if lines[i].sure:
                continue
            found[i] = Finding("container", "other", f"outside the article's element, layout {layout.number}")
        elif i not in framed and len(beyond) <= MAX_LIST_LINES and "ootnote" not in lines[i].place:
            found[i] = Finding("anchor", "other", "beyond a line that frames the article")


def _runs(lines: Sequence[Line], template: Template, found: dict[int, Finding]) -> None:
    """The lists below learned heads."""

    def is_boilerplate(i: int) -> bool:
        return i >= len(lines) or bool(_label(lines, found, i))

    for i, line in enumerate(lines):
        if not (opener := _opener(line, template, found.get(i))):
            continue
        run = list_run(lines, i + 1, is_boilerplate)
        if not run and opener.role == "inset":
            run = inset_run(lines, i + 1, is_boilerplate)
        # rules, or line by line, may have taken out the list of a learned head before
        is_out = opener.role in OPENING_ROLES and _label(lines, found, i + 1) in LIST_LABELS
        for j in [i, *run] if run or is_out else ():
            back = j in found and found[j].label == "body"
            if (lines[j].is_body or back) and not _stays(lines[j], template):
                found[j] = opener


def _label(lines: Sequence[Line], found: Mapping[int, Finding], i: int) -> str:
    """The label that a line has by now, "" for the article's and behind the last line."""
    if i >= len(lines):
        return ""
    label = found[i].label if i in found else lines[i].label
    return "" if label == "body" else label


def _opener(line: Line, template: Template, finding: Finding | None) -> Finding | None:
    """What makes a line the head of a list: what was learned of its key or form, or its label."""
    if line.own or line.fixed or line.words > MAX_HEAD_WORDS:
        return None
    entries = [template.entries.get(key) for key in (line.key, line.form) if key]
    learned = next((e.finding for e in entries if e and e.finding.role in (*OPENING_ROLES, "keep")), None)
    if learned or line.sentence:
        return learned if learned and learned.role != "keep" else None
    return finding if finding and finding.label == "related" else None


def takes_otherwise(template: Template, page: Observation) -> bool:
    """Whether a template takes a page otherwise than the one by which the page was read last."""
    layout = layout_of(page.lines, template)
    changing = effects(page.said, template.conventions)
    verdict = verdict_of(verdicts(page.lines, template, page.url), changing)
    return (verdict, layout.number if layout else 0) != (page.verdict, page.layout)


#: Effort of Zstandard (1 to 22). Level 1 makes 18 KB of the 139 KB of a real page in 0.17 ms; level 3 makes 17 KB in 0.22.
COMPRESSION_LEVEL = 1

_columns = attrgetter(*(field.name for field in fields(Block)))


def pack_reading(article: Article) -> bytes:
    """An article as `core.steps.article_from` gives it, without its capture's bytes and its record for learning."""
    capture = article.capture.without_body() if article.capture else None
    plain = replace(article, blocks=(), capture=capture, seen=None)
    blocks = list(map(_columns, article.blocks))  # as tuples they take a third of the time of dataclasses
    return compress(pickle.dumps((plain, blocks), pickle.HIGHEST_PROTOCOL), COMPRESSION_LEVEL)


def unpack_reading(data: bytes) -> Article:
    """The article that `pack_reading` packed in this process."""
    plain, blocks = pickle.loads(decompress(data))
    article: Article = plain
    return replace(article, blocks=tuple(Block(*columns) for columns in blocks))


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two templates of a site: `keys` of lines, forms and anchors, or, with `everywhere`,
    something that may concern any page."""

    keys: frozenset[int]
    everywhere: bool = False

    def concerns(self, page: Observation) -> bool:
        """Whether the two templates may take a page differently. Where this is false, they do not."""
        return self.everywhere or not self.keys.isdisjoint(page.keys)


def difference(old: Template, new: Template) -> Difference:
    """What differs between two templates, as far as `verdict_of`, `layout_of` or `effects` can tell."""
    entries = old.entries.keys() | new.entries.keys()
    keys = {key for key in entries if _says(old.entries, key) != _says(new.entries, key)}
    before, after = ({one.number: one for one in each.layouts} for each in (old, new))
    moved = {n: x.container for n, x in before.items()} != {n: x.container for n, x in after.items()}
    for known in before.keys() & after.keys():
        keys |= before[known].starts ^ after[known].starts
        keys |= before[known].ends ^ after[known].ends
    habits = [[convention.name for convention in each.conventions] for each in (old, new)]
    return Difference(frozenset(keys), moved or habits[0] != habits[1])


def _says(entries: Mapping[int, Entry], key: int) -> tuple[str, str, str] | None:
    """What an entry does to a page; how often it was seen, and why, does nothing."""
    entry = entries.get(key)
    return (entry.finding.role, entry.finding.label, entry.first) if entry else None
