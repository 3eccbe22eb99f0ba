"""What each heuristic earns: every one is turned off in turn, and what changes is measured.

    python -m benchmarks.ablation DATA --every 3 --out run.json --markdown ablation.md
    python -m benchmarks.ablation DATA --only "ftfy" --only "data: chrome/de.toml"
    python -m benchmarks.ablation --tests "quotes (pass)" tests/core/boilerplate/test_chrome.py

DATA holds sets of `truth.jsonl` and `pages/ID.html.gz` (`articles`, `snippets`, `older/*`) and `sentences.jsonl.gz`.
The switches stand in `benchmarks/ablation_switches.py`. All pages run once with everything on; what each step made of
them is kept, and a switch runs again only from the step on that it can change. Measured are:

- pages: F1 of words and of shingles of four words, and whether title, date and authors are those of the truth; the
  half B of the sites (`benchmarks.metadata`) apart; snippets kept and dropped;
- blogs: made-up ones (`benchmarks.blogs`) and WordPress ones (`benchmarks.wordpress`, where its services are
  installed), with what the site's pages teach: F1, posts without a line of clutter, paragraphs kept, damage repaired,
  and origins named right;
- wordings: the credit lines of `benchmarks.origins`;
- damage: the lines of `benchmarks.encoding` that are restored exactly, and whole lines left alone.

Points are hundredths of the mean; a positive number is earned by the heuristic, a negative one is lost by it. Blogs,
wordings and damage were written by this project: what earns there alone has not shown that it helps elsewhere.
The milliseconds of a page count what the heuristic's own functions take, those that they call included.

`--tests` runs tests with a heuristic turned off: those that fail hold it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import sys
import time
import types
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import Any

from benchmarks import ablation_switches as table
from benchmarks.ablation_report import joined, report
from benchmarks.ablation_sets import (
    Damage,
    Item,
    damage_scores,
    damages,
    made_up_blogs,
    pages,
    wordings,
    wordpress_blogs,
)
from benchmarks.ablation_switches import Switch, lines_of_code, lines_of_data, patched, switches, turned_off
from newsarchive import rules as rules_module
from newsarchive.core.html.parsing import parse
from newsarchive.core.site_template.learner import heads_of, learn
from newsarchive.core.site_template.observations import Window, observation
from newsarchive.core.steps import STEPS, templated
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Article, Page
from newsarchive.rules import Rules
from tests.support.networks import network

WORKERS = 2
AFTER = ("repair", "chrome", "origin")
#: Names of pages whose output changed that are kept for each switch.
MAX_EXAMPLES = 6


@dataclass
class Result:
    """What turning a heuristic off did in one worker: sums, which the parent adds up."""

    changed: Counter[str] = field(default_factory=Counter)
    fields: Counter[str] = field(default_factory=Counter)
    earned: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    examples: list[str] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def add(self, other: Result) -> None:
        for name in ("changed", "fields", "earned", "errors"):
            mine, theirs = getattr(self, name), getattr(other, name)
            for key, value in theirs.items():
                mine[key] += value
        self.examples = (self.examples + other.examples)[:MAX_EXAMPLES]


# --- running a part of the items in a worker -----------------------------------------------------------------------


class Bench:
    """Some items, what each step made of them with everything on, and what a switch changes."""

    def __init__(
        self, items: list[Item], damage: list[Damage], rules: Rules, chosen: Sequence[Switch]
    ) -> None:
        self.items, self.damage, self.rules = items, damage, rules
        self.probe = Probe(chosen)
        self.networks: dict[str, list[Item]] = defaultdict(list)
        for item in items:
            if item.network:
                self.networks[item.network].append(item)

    def baseline(self) -> dict[str, tuple[float, int]]:
        """Set and measure → (sum, number of pages), with everything on."""
        with self.probe.watching():
            for item in self.items:
                self._keep(item)
            for page in self.damage:
                self.probe.start()
                page.before = self._repaired(page.lines, self.rules)
                page.moved = self.probe.moved
        for members in self.networks.values():
            for item, article in zip(
                members, self._taught(members, self._ends(members), self.rules), strict=True
            ):
                item.kept["end"] = article
        totals: dict[str, list[float]] = defaultdict(list)
        for item in self.items:
            item.kept["scores"] = item.score(item.kept["end"])
            for name, value in item.kept["scores"].items():
                totals[f"{item.group}: {name}"].append(value)
            totals[f"{item.group}: pages"].append(1.0)
        for page in self.damage:
            for name, value in damage_scores(page, page.before).items():
                totals[f"{page.group}: {name}"].append(value)
            totals[f"{page.group}: pages"].append(1.0)
        return {name: (sum(values), len(values)) for name, values in totals.items()}

    def _keep(self, item: Item) -> None:
        """Run a page with everything on, and note which switches could change anything there."""
        kept = item.kept
        judged = table.place_of(table.JUDGED)[2]

        def remembered(sheet: Any, rules: Rules) -> Any:
            kept["judged"] = judged(sheet, rules)
            return kept["judged"]

        self.probe.start()
        record: Any = item.capture
        try:
            kept["page"] = record = STEPS["decode"](record, self.rules)
            with patched_quietly(table.JUDGED, remembered):
                kept["extract"] = record = STEPS["extract"](record, self.rules)
            for name in AFTER:
                kept[name] = record = STEPS[name](record, self.rules)
        except NotAnArticle as refusal:
            record = f"refused: {refusal.reason}"
        kept["end"] = record
        item.moved = self.probe.moved

    def _ends(self, members: Sequence[Item]) -> list[Any]:
        return [item.kept.get("origin", item.kept["end"]) for item in members]

    def _taught(self, members: Sequence[Item], articles: Sequence[Any], rules: Rules) -> list[Any]:
        """The articles as what their sites teach leaves them, copies told to it."""
        windows: dict[str, Window] = defaultdict(Window)
        for item, article in zip(members, articles, strict=True):
            if isinstance(article, Article):
                windows[item.site].add(observation(article, rules, site=item.site, cluster=item.cluster))
        alone = {site: learn(window) for site, window in windows.items()}
        shared = network(windows.values(), heads_of(alone.values()))
        known = {site: learn(window, known=alone[site], shared=shared) for site, window in windows.items()}
        return [
            templated(article, known[item.site], rules) if isinstance(article, Article) else article
            for item, article in zip(members, articles, strict=True)
        ]

    def _repaired(self, lines: list[str], rules: Rules) -> list[str]:
        from newsarchive.core.encoding.step import repair_texts

        return [one.text for one in repair_texts(lines, rules)]

    def measure(self, switch: Switch) -> Result:
        """What turning one heuristic off changes."""
        result = Result()
        with turned_off(switch, self.rules) as rules:
            ends: dict[int, Any] = {}
            if switch.stage != "template":
                for item in self.items:
                    if self.probe.may_change(switch, item.moved):
                        ends[id(item)] = self._run(item, switch, rules, result)
            for members in self.networks.values():
                own = self._ends(members)
                new = [ends.get(id(item), article) for item, article in zip(members, own, strict=True)]
                is_same = all(a is b or a == b for a, b in zip(own, new, strict=True))
                if is_same and switch.stage != "template":
                    taught = [item.kept["end"] for item in members]
                else:
                    taught = self._taught(members, new, rules)
                ends |= {id(item): end for item, end in zip(members, taught, strict=True)}
            if switch.group == "encoding":
                self._damage(switch, rules, result)
        for item in self.items:
            if id(item) in ends:
                compare(item, ends[id(item)], result)
        return result

    def _run(self, item: Item, switch: Switch, rules: Rules, result: Result) -> Any:
        """The article of a page with the switch off: `kept` steps where nothing can have changed."""
        kept, stage = item.kept, switch.stage
        is_alone = switch.group in ("extraction", "metadata", "encoding", "boilerplate")
        before = kept.get("origin", kept["end"])
        if "page" not in kept or (stage != "extract" and "extract" not in kept):
            return before
        try:
            if stage == "extract":
                record = STEPS["extract"](kept["page"], rules)
            elif stage == "metadata":
                record = self._read_again(kept, rules)
            else:
                record = kept[{"repair": "extract", "chrome": "repair", "origin": "chrome"}[stage]]
            past = "extract"
            for name in AFTER:
                if AFTER.index(name) >= (AFTER.index(stage) if stage in AFTER else 0):
                    is_own = name == stage
                    if is_alone and not is_own and past in kept and record == kept[past]:
                        return before
                    record = STEPS[name](record, rules)
                past = name
            return record
        except NotAnArticle as refusal:
            return f"refused: {refusal.reason}"
        except Exception as error:
            result.errors[f"{type(error).__name__}: {error}"[:100]] += 1
            return f"error: {error!r}"

    def _read_again(self, kept: dict[str, Any], rules: Rules) -> Article:
        """The extraction with the blocks that it found before: the metadata is read again."""
        page: Page = kept["page"]
        sheet = types.SimpleNamespace(tree=parse(page.text))
        with (
            patched_quietly(table.JUDGED, lambda *_: kept["judged"]),
            patched_quietly(table.SHEET, lambda *_: sheet),
        ):
            article: Article = STEPS["extract"](page, rules)
        return article

    def _damage(self, switch: Switch, rules: Rules, result: Result) -> None:
        for page in self.damage:
            if not self.probe.may_change(switch, page.moved):
                continue
            after = self._repaired(page.lines, rules)
            if after == page.before:
                continue
            result.changed[page.group] += 1
            had, has = damage_scores(page, page.before), damage_scores(page, after)
            for name in had:
                result.earned[f"{page.group}: {name}"] += had[name] - has[name]


class Probe:
    """Watches every function that a switch replaces while a page runs with everything on: where each call gives what
    its replacement would give, turning the heuristic off cannot change the page, and it need not run again."""

    def __init__(self, chosen: Sequence[Switch]) -> None:
        self.moved: set[str] = set()
        self.spent: dict[str, float] = defaultdict(float)
        self.paths: dict[str, list[tuple[str, Any]]] = defaultdict(list)
        self.unwatched: set[str] = set()
        for switch in chosen:
            for path, off in switch.patches if switch.stage != "template" else ():
                if path in table.TUPLES or callable(table.place_of(path)[2]):
                    self.paths[path].append((switch.name, off))
                else:
                    self.unwatched.add(switch.name)
            if switch.rules:
                self.unwatched.add(switch.name)

    def may_change(self, switch: Switch, moved: set[str]) -> bool:
        return switch.name in moved or switch.name in self.unwatched

    def start(self) -> None:
        """The next page: nothing that was cached hides a call."""
        self.moved = set()
        table.forget()

    def watching(self) -> contextlib.AbstractContextManager[None]:
        return patched([(path, self._watched(path, names)) for path, names in self.paths.items()])

    def _watched(self, path: str, names: list[tuple[str, Any]]) -> Callable[[Any], Any]:
        if path in table.TUPLES:
            return lambda passes: tuple(map(self._pass, passes))
        return lambda function: self._function(function, [(name, off(function)) for name, off in names])

    def _function(self, function: Any, offs: list[tuple[str, Any]]) -> Any:
        @wraps(function)
        def run(*args: Any, **named: Any) -> Any:
            started = time.thread_time()
            try:
                found = function(*args, **named)
                found = list(found) if isinstance(found, types.GeneratorType) else found
            except NotAnArticle:
                self.moved.update(name for name, _ in offs)
                raise
            finally:
                for name, _ in offs:
                    self.spent[name] += time.thread_time() - started
            for name, off in offs:
                if name not in self.moved and not same(found, off(*args, **named)):
                    self.moved.add(name)
            return found

        return run

    def _pass(self, function: Any) -> Any:
        @wraps(function)
        def run(marks: Any) -> None:
            before, started = [*marks.blocks, *marks.credited], time.thread_time()
            function(marks)
            name = table.name_of_pass(function.__name__)
            self.spent[name] += time.thread_time() - started
            if before != [*marks.blocks, *marks.credited]:
                self.moved.add(name)

        return run


def same(one: Any, other: Any) -> bool:
    """Whether two answers are equal, of whatever kind of sequence."""
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return list(one) == list(other)
    try:
        return bool(one == other)
    except ValueError:  # arrays
        return False


def compare(item: Item, end: Any, result: Result) -> None:
    """Add what differs between a page's article before and after to the result."""
    before = item.kept["end"]
    if end is before:
        return
    had, has = visible(before), visible(end)
    fields = [name for name in had.keys() | has.keys() if had.get(name) != has.get(name)]
    if not fields:
        return
    result.changed[item.group] += 1
    result.fields.update(fields)
    if len(result.examples) < MAX_EXAMPLES:
        result.examples.append(f"{item.id} ({', '.join(sorted(fields))})")
    scores = item.score(end)
    for name, value in item.kept["scores"].items():
        if value != scores.get(name, 0.0):
            result.earned[f"{item.group}: {name}"] += value - scores.get(name, 0.0)


def visible(article: Any) -> dict[str, Any]:
    """What a reader of the archive sees of an article."""
    if not isinstance(article, Article):
        return {"refused": article}
    origin = article.origin
    return {
        "text": article.article_body,
        "title": article.headline,
        "date": article.date_published,
        "changed": article.date_modified,
        "authors": tuple(author.name for author in article.authors),
        "description": article.description,
        "section": article.article_section,
        "language": article.in_language,
        "other title": article.alternative_headline,
        "free": article.is_accessible_for_free,
        "image": article.image,
        "publisher": article.publisher,
        "origin": (origin.name, origin.domain, origin.url) if origin else None,
        "labels": tuple(block.label for block in article.blocks),
        "damage": article.damage,
    }


def patched_quietly(path: str, value: Any) -> contextlib.AbstractContextManager[None]:
    """One attribute replaced, caches left as they are."""

    @contextlib.contextmanager
    def replaced() -> Iterator[None]:
        owner, name, before = table.place_of(path)
        setattr(owner, name, value)
        try:
            yield
        finally:
            setattr(owner, name, before)

    return replaced()


def work(bench: Bench, chosen: list[Switch], out: Any) -> None:
    """The work of one process: the baseline, times, then each switch."""
    warnings.filterwarnings("ignore")
    try:
        out.put(("baseline", bench.baseline()))
        out.put(("times", (bench.probe.spent, len(bench.items))))
        for number, switch in enumerate(chosen):
            out.put((number, bench.measure(switch)))
    except BaseException as error:  # the parent waits for an answer
        out.put(("failed", repr(error)))
        raise


# --- the command ---------------------------------------------------------------------------------------------------


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, nargs="?", help="a folder of pages with truth")
    parser.add_argument(
        "--sets", nargs="*", default=["articles", "snippets"], help="folders of pages in DATA"
    )
    parser.add_argument(
        "--every", type=int, default=1, help="take every Nth page and wording alone (default: all)"
    )
    parser.add_argument(
        "--only", action="append", metavar="SWITCH", help="only switches whose name begins so"
    )
    parser.add_argument("--posts", type=int, default=20, help="posts of each blog (0: no blogs)")
    parser.add_argument(
        "--without", action="append", metavar="SWITCH", default=[], help="no switch whose name begins so"
    )
    parser.add_argument(
        "--wordpress",
        nargs="*",
        default=["usual", "report"],
        help="sets of WordPress blogs (none: leave them out)",
    )
    parser.add_argument(
        "--damaged", type=int, default=1, help="damaged pages of each kind and placement (0: none)"
    )
    parser.add_argument("--damage-every", type=int, default=1, help="take every Nth damaged page alone")
    parser.add_argument("--out", type=Path, help="write all figures into this file, as JSON")
    parser.add_argument("--join", type=Path, nargs="+", help="the table of runs that --out kept")
    parser.add_argument("--markdown", type=Path, help="write the table into this file")
    parser.add_argument(
        "--tests", nargs=argparse.REMAINDER, metavar="SWITCH FILE", help="run tests with SWITCH off"
    )
    arguments = parser.parse_args()
    if arguments.tests:
        return tests(*arguments.tests)
    if arguments.join:
        runs = [json.loads(path.read_text(encoding="utf-8")) for path in arguments.join]
        return printed(joined(runs), arguments.markdown)
    if not arguments.data:
        parser.error("give DATA, --join or --tests")
    chosen = [s for s in switches() if not arguments.only or s.name.startswith(tuple(arguments.only))]
    chosen = [s for s in chosen if not s.name.startswith(tuple(arguments.without))]
    if not chosen:
        parser.error("no switch is called so: " + ", ".join(s.name for s in switches()))
    found = run(gathered(arguments), list_of_damages(arguments), chosen, arguments.out)
    return printed(found, arguments.markdown)


def printed(found: dict[str, Any], markdown: Path | None) -> int:
    command = "python -m benchmarks.ablation " + " ".join(a for a in sys.argv[1:] if "/" not in a)
    lines = "\n".join(report(found, command))
    print(lines)
    if markdown:
        markdown.write_text(lines + "\n", encoding="utf-8")
    return 0


def tests(name: str, *files: str) -> int:
    """pytest on some files with a heuristic off: the number of tests that fail hold it."""
    import pytest

    switch = next(s for s in switches() if s.name == name)
    with contextlib.ExitStack() as stack:
        stack.enter_context(patched((path, off) for path, off in switch.patches))
        if switch.rules:
            whole, change = rules_module.load, switch.rules
            stack.enter_context(
                patched_quietly("newsarchive.rules:load", lambda *a, **k: change(whole(*a, **k)))
            )
        return int(pytest.main([*files, "-q", "--no-header", "--tb=no", "-p", "no:cacheprovider"]))


def gathered(arguments: argparse.Namespace) -> list[Item]:
    items: list[Item] = []
    for name in arguments.sets:
        items += pages(arguments.data / name, arguments.every)
    if arguments.sets:
        items += wordings(arguments.every)
    if arguments.posts:
        items += made_up_blogs(arguments.posts)
        if arguments.wordpress:
            from tests.wordpress.server import missing

            if why := missing():
                print(f"no WordPress here: {why}", file=sys.stderr)
            else:
                items += wordpress_blogs(arguments.wordpress, arguments.posts)
    return items


def list_of_damages(arguments: argparse.Namespace) -> list[Damage]:
    is_there = (arguments.data / "sentences.jsonl.gz").exists()
    return (
        list(damages(arguments.data, arguments.damaged))[:: arguments.damage_every]
        if is_there and arguments.damaged
        else []
    )


def run(items: list[Item], damage: list[Damage], chosen: list[Switch], out: Path | None) -> dict[str, Any]:
    """Every switch off in turn, in two processes that share the items."""
    named = sorted({item.network for item in items if item.network})
    parts: list[list[Item]] = [[] for _ in range(WORKERS)]
    for number, item in enumerate(items):
        parts[(named.index(item.network) if item.network else number) % WORKERS].append(item)
    context = multiprocessing.get_context("fork")
    rules = rules_module.load()
    queue = context.Queue()
    workers = [
        context.Process(target=work, args=(Bench(part, damage[at::WORKERS], rules, chosen), chosen, queue))
        for at, part in enumerate(parts)
    ]
    started = time.monotonic()
    print(f"{len(items)} pages, {len(damage)} damaged pages, {len(chosen)} switches", flush=True)
    for worker in workers:
        worker.start()
    found = Found(chosen)
    waited = Counter[Any]()
    for _ in range(WORKERS * (len(chosen) + 2)):
        what, value = queue.get()
        waited[what] += 1
        if what == "failed":
            raise SystemExit(value)
        found.add(what, value)
        if waited[what] == WORKERS:
            is_switch = isinstance(what, int)
            name = f"{what + 1}/{len(chosen)} {chosen[what].name}" if is_switch else what
            print(f"{time.monotonic() - started:6.0f} s  {name}", flush=True)
            if out and is_switch:
                out.write_text(
                    json.dumps(found.plain(what + 1), ensure_ascii=False, indent=1), encoding="utf-8"
                )
    for worker in workers:
        worker.join()
    return found.plain(len(chosen))


class Found:
    """What the processes found, added up."""

    def __init__(self, chosen: Sequence[Switch]) -> None:
        self.chosen = chosen
        self.results = [Result() for _ in chosen]
        self.base: dict[str, tuple[float, int]] = {}
        self.spent: dict[str, float] = defaultdict(float)
        self.timed = 0

    def add(self, what: Any, value: Any) -> None:
        if what == "baseline":
            for name, (total, number) in value.items():
                before = self.base.get(name, (0.0, 0))
                self.base[name] = before[0] + total, before[1] + number
        elif what == "times":
            for name, seconds in value[0].items():
                self.spent[name] += seconds
            self.timed += value[1]
        else:
            self.results[what].add(value)

    def plain(self, done: int) -> dict[str, Any]:
        """The first switches that are done, with the points that each earns."""
        return {
            "base": {name: {"mean": total / n, "n": n} for name, (total, n) in self.base.items()},
            "switches": [self._row(at) for at in range(done)],
        }

    def _row(self, at: int) -> dict[str, Any]:
        switch, result = self.chosen[at], self.results[at]
        is_timed = switch.patches and switch.stage != "template"
        return vars(result) | {
            "name": switch.name,
            "group": switch.group,
            "code": lines_of_code(switch),
            "data": lines_of_data(switch),
            "ms": 1000 * self.spent[switch.name] / max(1, self.timed) if is_timed else None,
            "earned": {name: 100 * lost / self.base[name][1] for name, lost in result.earned.items()},
        }


if __name__ == "__main__":
    sys.exit(main())
