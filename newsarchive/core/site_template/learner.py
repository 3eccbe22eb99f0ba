"""Learns a site's template from a window of its pages: observations in, entries with reasons out.

Findings are made in rounds. A line next to boilerplate counts as being at the edge, so what one round takes out lets the
next one see further. Rounds, entries and layouts are bounded.

Where a feed or an API gives the full text of a post, the element that holds the same text is the article's, and a line in
it that the full text lacks is boilerplate by proof. Learned from the posts that the feed lists, this serves the thousands
that it lists no more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from newsarchive.core.site_template.conventions import conventions_of
from newsarchive.core.site_template.evidence import (
    MAX_RUN_LINES,
    MIN_ARTICLES_FOR_SHARE,
    Finding,
    Stats,
    judge,
    judge_form,
)
from newsarchive.core.site_template.layouts import Layout, fits, inside, layouts, nominee
from newsarchive.core.site_template.lists import Labels, heads
from newsarchive.core.site_template.model import Entry, Template
from newsarchive.core.site_template.observations import HELD, MISSING, Line, Network, Observation, Window
from newsarchive.core.text.lines import line_key
from newsarchive.core.text.normalise import fold

#: Part of the prose in its container that a full text must hold; one that holds less is an excerpt.
MIN_FULL_SHARE = 0.8
#: Full texts that must lack a line, while none has it.
MIN_MISSING_TEXTS = 2
#: Characters of a line that are looked for inside a full text.
MIN_HELD_CHARACTERS = 20
#: Rounds of findings; each may see what stands beside what the round before took out.
MAX_ROUNDS = 4
#: Entries of one template; those seen on most pages stay.
MAX_ENTRIES = 4000
#: Words of the line of a product's name, beside a promo.
MAX_NAME_WORDS = 8
#: Part of a layout's pages on which an anchor must stand.
MIN_ANCHOR_SHARE = 0.05
#: Part of its pages on which an anchor may have prose beyond it.
MAX_BEYOND_SHARE = 0.03


@dataclass(frozen=True, slots=True)
class Lessons:
    """What full texts proved: `containers` maps elements to the pages that they hold the text of, `boilerplate` are keys."""

    containers: Mapping[str, int] = field(default_factory=dict)
    boilerplate: frozenset[int] = frozenset()


def taught(page: Observation, texts: Sequence[str]) -> Observation:
    """A page's record with what its full text proves, `texts` being the blocks of its feed or API entry.

    An excerpt proves nothing, nor does a text that is another article's.
    """
    keys, whole = {line_key(t) for t in texts}, " ".join(fold(t) for t in texts)

    def holds(line: Line) -> bool:
        """By its first characters too, for feeds join and split blocks."""
        sample = line.sample
        return line.key in keys or (len(sample) > MIN_HELD_CHARACTERS and fold(sample) in whole)

    held = {line.key for line in page.lines if line.key and holds(line)}
    container = nominee(page, {x.key for x in page.lines if x.key not in held})
    prose = [line for line in page.lines if line.is_body and line.is_prose and inside(line.place, container)]
    words = sum(line.words for line in prose)
    is_full = sum(line.words for line in prose if line.key in held) >= MIN_FULL_SHARE * words > 0
    if not container or not is_full:  # an excerpt holds its first lines
        return page

    def full(line: Line) -> int:
        if line.key in held:
            return HELD
        return MISSING if line.key and inside(line.place, container) and not line.fixed else 0

    lines = tuple(x._replace(full=full(x)) for x in page.lines)
    return replace(page, lines=lines, container=container)


def lessons(pages: Iterable[Observation]) -> Lessons:
    """Join what the full texts of a site's pages proved."""
    containers: Counter[str] = Counter()
    missing: Counter[int] = Counter()
    present: set[int] = set()
    for page in pages:
        if page.container:
            containers[page.container] += 1
            present |= {x.key for x in page.lines if x.full == HELD}
            missing.update({x.key for x in page.lines if x.full == MISSING})
    proved = frozenset(k for k, n in missing.items() if n >= MIN_MISSING_TEXTS and k not in present)
    return Lessons(dict(containers), proved)


def learn(
    window: Window,
    *,
    known: Template | None = None,
    shared: Network | None = None,
    locks: Mapping[int, str] | None = None,
) -> Template:
    """The template of a site.

    `known` is the one before: its layouts keep their numbers, and what left the window stays learned.
    `shared` is what the sites together show. `locks` maps keys to `keep` or `drop`; by default they are those
    of `known`. What a full text taught of a page is in the page's record (`taught`).
    """
    pages, shared = list(window.pages.values()), shared or Network()
    full = lessons(pages)
    locks = locks_of(known) if locks is None and known else locks or {}
    labels = [["" if line.is_body else line.label for line in page.lines] for page in pages]
    proved = [line for page in pages for line in page.lines if line.key in full.boilerplate]
    times, first = Counter(line.key for line in proved), {line.key: line for line in reversed(proved)}
    finding = Finding("chrome", "repeated", "in the page's article but not in the feed's full text")
    entries = {key: Entry(key, finding, n, n, first[key].sample) for key, n in times.items()}
    _mark(pages, labels, entries)
    # What other sites show in other articles recurs too, though this site may have it once.
    seen: set[int] = set().union(*(page.keys for page in pages))
    often = recurring(pages) | {
        k for k, found in shared.keys.items() if len(found.clusters) > 1 and k in seen
    }
    recurs = [recurring_lines(page, often) for page in pages]
    for _ in range(MAX_ROUNDS):
        stats, forms = gather(pages, labels, often, recurs)
        new = _findings(stats, forms, pages, shared, entries)
        entries |= new
        if not _mark(pages, labels, new):
            break
    entries |= heads(pages, labels, often, entries, shared)
    entries |= {key: entry for key, entry in shared.heads.items() if key in seen and key not in entries}
    repeated = {key for key, s in stats.items() if len(s.clusters | s.boilerplate_clusters) >= 2}
    kept = _kept(entries, seen, known, locks, pages)
    sites = layouts(pages, repeated, known.layouts if known else (), full.containers)
    anchored = tuple(_anchored(x, pages, labels, repeated) for x in sites)
    return Template(
        pages[0].site if pages else known.site if known else "",
        kept,
        anchored,
        conventions_of([(page.cluster, page.said) for page in pages], known.conventions if known else ()),
    )


def locks_of(template: Template) -> dict[int, str]:
    """What was locked by hand: key → `keep` or `drop`."""
    roles = {key: entry.finding.role for key, entry in template.entries.items()}
    return {key: role for key, role in roles.items() if role in ("keep", "drop")}


def heads_of(templates: Iterable[Template]) -> dict[int, Entry]:
    """The heads of lists that sites learned, for `observations.Network`: a publisher's follow its articles."""
    return {k: e for t in templates for k, e in t.entries.items() if e.finding.role in ("head", "inset")}


def recurring(pages: Sequence[Observation]) -> set[int]:
    """Keys and forms that more than one page holds: only these are counted in full."""
    once: set[int] = set()
    often: set[int] = set()
    for page in pages:
        often |= once & page.keys
        once |= page.keys
    return often


def recurring_lines(page: Observation, often: set[int]) -> list[int]:
    """Which lines of a page recur on the site, by their key or their form."""
    if often.isdisjoint(page.keys):
        return []
    return [i for i, line in enumerate(page.lines) if line.key in often or line.form in often]


def gather(
    pages: Sequence[Observation], labels: Labels, often: set[int], recurs: Sequence[Sequence[int]]
) -> tuple[dict[int, Stats], dict[int, Stats]]:
    """What the window says of each key and of each form among those seen more than once. `recurs` are the lines of each
    page that have one of them.
    """
    stats: dict[int, Stats] = {}
    forms: dict[int, Stats] = {}
    for page, flags, places in zip(pages, labels, recurs, strict=True):
        if not places:
            continue
        prose = [i for i in page.prose if not flags[i]]
        unique = [i for i in prose if page.lines[i].key not in often] or [0]
        first, inner = prose[0] if prose else -1, range(unique[0] + 1, unique[-1])
        alone = set(_short_runs(page.lines, flags, often, places))
        carried = bool(page.origin) or "attribution" in flags
        for i in places:
            line = page.lines[i]
            if line.fixed:
                continue
            found = stats.get(line.key)
            if found is None:
                found = stats[line.key] = Stats(line)
            if not line.is_body:
                found.boilerplate[line.label] = found.boilerplate.get(line.label, 0) + 1
                found.boilerplate_clusters.add(page.cluster)
                if line.proved:
                    found.proved.add(page.cluster)
                continue
            # The labels before and after a line, "" for the article's own, `end` beyond the page.
            sides = flags[i - 1] if i else "end", flags[i + 1] if i + 1 < len(flags) else "end"
            _count(found, page, line, i in inner, sides)
            if i == first:
                found.first.add(page.url)
            found.between_boilerplate += all(sides)
            found.beside_promo += "promo" in sides and i in inner
            found.isolated += i in alone
            found.carried += carried
            found.beside_name += _beside_name(page.lines, i, often, inner)
            if line.form in often:
                form = forms.setdefault(line.form, Stats(line))
                _count(form, page, line, i in inner, sides)
    return stats, forms


def _count(stats: Stats, page: Observation, line: Line, inner: bool, sides: tuple[str, str]) -> None:
    stats.pages += 1
    stats.clusters.add(page.cluster)
    stats.keys.add(line.key)
    stats.starts.add(line.start)
    stats.inside += inner
    stats.at_edge += any(sides)
    stats.before_boilerplate += bool(sides[1])
    stats.named += line.names_origin
    stats.teases += line.teases
    stats.titled += line.titled
    if page.origin:
        stats.origins[page.origin] = stats.origins.get(page.origin, 0) + 1


def _short_runs(
    lines: Sequence[Line], flags: Sequence[str], often: set[int], recurs: Sequence[int]
) -> Iterator[int]:
    """Places of lines that recur word for word, alone or in a run of few; `recurs` are those of all that recur."""
    run: list[int] = []
    for i in recurs:
        if flags[i] or lines[i].key not in often:
            continue
        if run and i > run[-1] + 1:
            yield from run if len(run) <= MAX_RUN_LINES else ()
            run = []
        run.append(i)
    yield from run if len(run) <= MAX_RUN_LINES else ()


def _beside_name(lines: Sequence[Line], i: int, often: set[int], inner: range) -> bool:
    """Whether a short recurring line, no sentence and no heading, touches this one inside the text."""
    beside = (lines[j] for j in (i - 1, i + 1) if j in inner)
    named = (x for x in beside if x.is_body and x.key in often and x.words <= MAX_NAME_WORDS)
    return any(not x.sentence and not x.heading for x in named)


def _findings(
    stats: Mapping[int, Stats],
    forms: Mapping[int, Stats],
    pages: Sequence[Observation],
    shared: Network,
    known: Mapping[int, Entry],
) -> dict[int, Entry]:
    """New findings of one round. An `aside` may become boilerplate in a later round, not the reverse."""
    total = len({page.cluster for page in pages})
    titles = {line.key for page in pages for line in page.lines if line.own}
    found: dict[int, Entry] = {}
    for key, s in stats.items():
        if key in known and known[key].finding.role != "aside":
            continue
        if finding := judge(s, total, shared.keys.get(key)):
            found[key] = _entry(key, finding, s)
    for key, s in forms.items():
        if key not in known and (finding := judge_form(s, total, shared.keys.get(key), titles)):
            found[key] = _entry(key, finding, s)
    return found


def _entry(key: int, finding: Finding, stats: Stats) -> Entry:
    """A line that opens one article alone is its lede; elsewhere it is a teaser in a list."""
    first = next(iter(stats.first)) if len(stats.first) == 1 else ""
    pages = stats.pages + sum(stats.boilerplate.values())
    clusters = len(stats.clusters | stats.boilerplate_clusters)
    return Entry(key, finding, pages, clusters, stats.line.sample, first)


def _mark(pages: Sequence[Observation], labels: Labels, new: Mapping[int, Entry]) -> bool:
    """Label the lines that new findings take out, by key or form. Returns whether there was one."""
    gone = {key: entry.finding.label for key, entry in new.items() if entry.finding.role == "chrome"}
    changed = False
    for page, flags in zip(pages, labels, strict=True):
        if gone.keys().isdisjoint(page.keys):
            continue
        for i, flag in enumerate(flags):
            line = page.lines[i]
            if not flag and not line.own and not line.fixed:
                flags[i] = gone.get(line.key) or gone.get(line.form, "")
                changed = changed or bool(flags[i])
    return changed


def _kept(
    entries: Mapping[int, Entry],
    seen: set[int],
    known: Template | None,
    locks: Mapping[int, str],
    pages: Sequence[Observation],
) -> dict[int, Entry]:
    """The new entries, the old ones whose lines left the window, and the locks over both; bounded."""
    before = known.entries if known else {}
    old = {k: e for k, e in before.items() if k not in seen and k not in entries}
    old = {k: e for k, e in old.items() if e.finding.role not in ("keep", "drop")}
    kept = sorted({**old, **entries}.values(), key=lambda e: (-e.pages, e.key))[:MAX_ENTRIES]
    found = {entry.key: entry for entry in kept}
    for key, lock in locks.items():
        sample = next((x.sample for page in pages for x in page.lines if x.key == key), "")
        entry = found.get(key) or before.get(key) or Entry(key, Finding("", "", ""), sample=sample)
        removes = entry.finding.label not in ("", "body")
        label = "body" if lock == "keep" else entry.finding.label if removes else "other"
        found[key] = replace(entry, finding=Finding(lock, label, "locked by hand"))
    return found


def _anchored(layout: Layout, pages: Sequence[Observation], labels: Labels, repeated: set[int]) -> Layout:
    """A layout with the boilerplate that frames the article wherever it stands, and does so often enough."""
    mine = [(p, flags) for p, flags in zip(pages, labels, strict=True) if fits(p.words_by_place, layout)]
    if len(mine) < MIN_ARTICLES_FOR_SHARE:
        return layout
    before: Counter[int] = Counter()
    after: Counter[int] = Counter()
    seen: Counter[int] = Counter()
    for page, flags in mine:
        lines = list(enumerate(page.lines))
        own = [(i, x) for i, x in lines if x.is_body and x.is_prose and x.key not in repeated]
        if prose := [i for i, x in own if inside(x.place, layout.container)]:
            keys = {x.key: i for i, x in lines if flags[i] and x.key in repeated and not x.fixed}
            seen.update(keys.keys())  # a mapping would add the places, not ones
            before.update(key for key, i in keys.items() if i > prose[0])
            after.update(key for key, i in keys.items() if i < prose[-1])
    often = [key for key, count in seen.items() if count >= MIN_ANCHOR_SHARE * len(mine)]
    starts = frozenset(key for key in often if before[key] <= MAX_BEYOND_SHARE * seen[key])
    ends = frozenset(key for key in often if after[key] <= MAX_BEYOND_SHARE * seen[key])
    return replace(layout, starts=starts, ends=ends)
