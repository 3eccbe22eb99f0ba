"""The heuristics that `benchmarks.ablation` turns off, one row each: what is patched, what the heuristic is made of.

All paths of modules stand in the tables of this file. A path is `module:attribute`, the attribute that of the module
which uses the heuristic (a name that a module imports is patched where it is used). `turned_off` raises
`SwitchBroken` where a path leads nowhere, so that a table that is out of date cannot measure nothing in silence.
"""

from __future__ import annotations

import contextlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from newsarchive.rules import DATA, Rules

Off = Callable[[Any], Any]


class SwitchBroken(Exception):
    """A path of a switch that leads nowhere, or to something that the switch does not fit."""


def returns(value: Any) -> Off:
    """A function that always gives `value`."""
    return lambda _: lambda *_args, **_named: value


def argument(place: int = 0) -> Off:
    """A function that gives back one of its arguments as it is."""
    return lambda _: lambda *args, **_named: args[place]


def is_now(value: Any) -> Off:
    """The attribute itself becomes `value`."""
    return lambda _: value


def without(name: str) -> Off:
    """A tuple of functions without the one of this name."""

    def shortened(functions: Any) -> Any:
        left = tuple(f for f in functions if f.__name__ != name)
        if len(left) == len(functions):
            raise SwitchBroken(f"no function {name} is in the tuple")
        return left

    return shortened


def without_if_there(name: str) -> Off:
    """The same, for a tuple that may do without it."""
    return lambda functions: tuple(f for f in functions if f.__name__ != name)


NEVER = re.compile(r"(?!)")


@dataclass(frozen=True)
class Switch:
    """One heuristic that can be turned off.

    It is measured from its `stage` on: `extract`, `metadata`, `repair`, `chrome`, `origin` or `template` (learning and its use).
    `patches` are paths with what takes their place; `rules` changes the tables; `code` are paths of modules and
    functions whose lines are counted (those of `patches` where it is empty); `data` are files below
    `newsarchive/data`.
    """

    name: str
    group: str
    stage: str
    patches: tuple[tuple[str, Off], ...] = ()
    code: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    rules: Callable[[Rules], Rules] | None = None
    #: Whether anything that is cached depends on it.
    is_cached: bool = True


# --- the tables: the only place with paths of modules --------------------------------------------------------------

CORE = "newsarchive.core"
CHROME = "newsarchive.core.boilerplate.step"
PASSES = f"{CHROME}:PASSES"
LINE_PASSES = f"{CHROME}:LINE_PASSES"

#: Attributes that are tuples of passes.
TUPLES = (PASSES, LINE_PASSES)

#: What the runner holds still while a later stage is measured: blocks and parsing of the extraction.
JUDGED = "newsarchive.core.extraction.step:_judged"
SHEET = "newsarchive.core.extraction.step:sheet_of"

#: pass of the boilerplate step → what it is made of besides its own function
_PASSES: dict[str, tuple[str, ...]] = {
    "titles": ("newsarchive.core.boilerplate.step:_is_dated",),
    "places": (),
    "lines": (),
    "notices": ("newsarchive.core.boilerplate.step:_notice",),
    "credited_papers": (),
    "pictures": (
        "newsarchive.core.boilerplate.figures:captions",
        "newsarchive.core.boilerplate.figures:embeds",
    ),
    "bylines_and_filler": (
        "newsarchive.core.boilerplate.position:bylines_and_dates",
        "newsarchive.core.boilerplate.position:wordless",
        "newsarchive.core.boilerplate.position:filler",
        "newsarchive.core.boilerplate.position:scripts",
    ),
    "tokens": ("newsarchive.core.boilerplate.cues:is_token",),
    "quotes": ("newsarchive.core.boilerplate.cues:quotes",),
    "promos": ("newsarchive.core.boilerplate.cues:promo_lines",),
    "republished_tails": ("newsarchive.core.boilerplate.cues",),
    "lists": ("newsarchive.core.boilerplate.cues:link_lists", "newsarchive.core.boilerplate.cues:_list_run"),
    "edges": (),
    "closings": ("newsarchive.core.boilerplate.cues:author_box",),
    "comments": ("newsarchive.core.boilerplate.reader_comments:comments_head",),
    "discussions": (
        "newsarchive.core.boilerplate.reader_comments:discussion",
        "newsarchive.core.boilerplate.reader_comments:heads_of_comments",
    ),
}

_BY_PARTS = tuple(f"newsarchive.core.origin.{name}" for name in ("credits", "mentions"))
_LOST = tuple(
    f"newsarchive.core.encoding.{name}"
    for name in ("lost_beam", "lost_bytes", "lost_search", "quotation_marks", "cjk_punctuation")
)

#: name, stage, patches (path → what takes its place), code
_PLAIN: tuple[tuple[str, str, str, dict[str, Off], tuple[str, ...]], ...] = (
    # which blocks are the article
    ("repeats", "extraction", "extract", {"newsarchive.core.extraction.repeats:repeated": returns(frozenset())},
     ("newsarchive.core.extraction.repeats",)),
    ("dangling headings", "extraction", "extract", {"newsarchive.core.extraction.step:_without_dangling": argument()}, ()),
    ("text of JSON-LD", "extraction", "extract", {"newsarchive.core.extraction.step:_declared": returns([])}, ()),
    ("refusals", "extraction", "extract", {"newsarchive.core.extraction.step:refuse": returns(None)}, ()),
    ("refusal: teasers", "extraction", "extract", {"newsarchive.core.extraction.page_type:teasers": returns([]), "newsarchive.core.extraction.confidence:teasers": returns([])}, ()),
    ("refusal: error titles", "extraction", "extract", {"newsarchive.core.extraction.page_type:error_title": returns("")},
     ("newsarchive.core.discovery.page_kind",)),
    ("agreement of kinds", "extraction", "extract", {"newsarchive.core.extraction.classifier:agreed": argument()}, ()),
    ("smoothing", "extraction", "extract", {"newsarchive.core.extraction.classifier:smoothed": argument()}, ()),
    ("page forms", "extraction", "extract",
     {"newsarchive.core.extraction.class_names:is_page_form": returns(False),
      "newsarchive.core.extraction.labels:is_page_form": returns(False)},
     ("newsarchive.core.extraction.class_names:is_page_form",)),
    ("standfirst", "extraction", "extract",
     {"newsarchive.core.extraction.labels:Namer.standfirst": returns(None)}, ()),
    ("date and title above", "extraction", "extract",
     {"newsarchive.core.extraction.labels:Namer.above": returns(None)}, ()),
    # boilerplate, besides the passes
    ("line by line", "boilerplate", "chrome", {f"{CHROME}:opened": returns(None)},
     ("newsarchive.core.boilerplate.multiline",)),
    ("sentences are no phrases", "boilerplate", "chrome", {f"{CHROME}:is_prose": returns(False)}, ()),
    # metadata
    ("traces", "metadata", "metadata",
     {"newsarchive.core.metadata.publication_date:find": returns(()),
      "newsarchive.core.metadata.publication_date:authors_in_scripts": returns(())}, ("newsarchive.core.metadata.publication_date",)),
    ("traces: dates in scripts", "metadata", "metadata", {"newsarchive.core.metadata.publication_date:in_scripts": returns(())}, ()),
    ("traces: authors in scripts", "metadata", "metadata",
     {"newsarchive.core.metadata.publication_date:authors_in_scripts": returns(())}, ()),
    ("traces: counted from now", "metadata", "metadata", {"newsarchive.core.metadata.publication_date:counted": returns(())},
     ("newsarchive.core.metadata.publication_date:counted", "newsarchive.core.metadata.relative_dates:counted_from",
      "newsarchive.core.metadata.relative_dates:_dateparser")),
    ("traces: months", "metadata", "metadata", {"newsarchive.core.metadata.publication_date:months": returns(())}, ()),
    ("traces: month in the address", "metadata", "metadata",
     {"newsarchive.core.metadata.publication_date:_IN_ADDRESS": is_now(NEVER)}, ("newsarchive.core.metadata.publication_date:_IN_ADDRESS",)),
    ("traces: day of a picture", "metadata", "metadata",
     {"newsarchive.core.metadata.publication_date:_IN_PICTURE": is_now(NEVER)}, ("newsarchive.core.metadata.publication_date:_IN_PICTURE",)),
    ("dates printed by code", "metadata", "metadata",
     {"newsarchive.core.text.dates:_printed_by_code": returns(None)}, ()),
    ("dateparser: counted from now", "metadata", "metadata",
     {"newsarchive.core.metadata.relative_dates:_dateparser": returns(None)}, ()),
    ("months by language", "metadata", "metadata", {"newsarchive.core.metadata.step:_language_of_months": returns("")},
     ("newsarchive.core.metadata.step:_language_of_months", "newsarchive.core.text.dates:of_language",
      "newsarchive.core.text.dates:has_own", "newsarchive.core.text.dates:_own_names",
      "newsarchive.core.text.dates:_with_own")),
    ("printed", "metadata", "metadata", {"newsarchive.core.metadata.bylines:claims": returns([])},
     ("newsarchive.core.metadata.bylines",)),
    ("printed: bylines", "metadata", "metadata", {"newsarchive.core.metadata.bylines:_bylines": returns(())}, ()),
    ("printed: dates", "metadata", "metadata", {"newsarchive.core.metadata.bylines:_dates": returns(())}, ()),
    ("printed: below", "metadata", "metadata", {"newsarchive.core.metadata.bylines:_signatures_below": returns(())}, ()),
    ("printed: lives", "metadata", "metadata", {"newsarchive.core.metadata.guessed_names:people_described": returns([])}, ()),
    ("printed: posted by", "metadata", "metadata", {"newsarchive.core.metadata.bylines:_publication_claims": returns([])}, ()),
    ("printed: among facts", "metadata", "metadata", {"newsarchive.core.metadata.bylines:_after_by_inside": returns("")}, ()),
    ("printed: mastheads", "metadata", "metadata", {"newsarchive.core.metadata.bylines:stands_in_masthead": returns(False)}, ()),
    ("agencies", "metadata", "metadata", {"newsarchive.core.metadata.signatures:agency_claims": returns(())},
     ("newsarchive.core.metadata.signatures:agency_claims",)),
    ("dates in prose", "metadata", "metadata", {"newsarchive.core.metadata.bylines:in_prose": returns(False)}, ()),
    ("guesses refused", "metadata", "metadata", {"newsarchive.core.metadata.guessed_names:may_be_author": returns(True)},
     ("newsarchive.core.metadata.person_names",)),
    ("day order", "metadata", "metadata", {"newsarchive.core.metadata.step:_month_first": returns(False)},
     ("newsarchive.core.metadata.step:_month_first", "newsarchive.core.text.date_orders:month_first_in",
      "newsarchive.core.text.date_orders:order_of", "newsarchive.core.text.date_orders:certain")),
    ("day order: of the text", "metadata", "metadata", {"newsarchive.core.text.date_orders:order_of": returns(None)}, ()),
    ("day order: of the language", "metadata", "metadata",
     {"newsarchive.core.text.date_orders:month_first_in": returns(False)}, ()),
    ("day order: of the claims", "metadata", "metadata",
     {"newsarchive.core.metadata.publication_date:_in_order": argument()}, ()),
    ("lists of other posts", "metadata", "metadata",
     {"newsarchive.core.metadata.other_posts:OtherPosts.holds": returns(False),
      "newsarchive.core.metadata.other_posts:OtherPosts.without": argument(1)}, ("newsarchive.core.metadata.other_posts",)),
    ("declared against printed", "metadata", "metadata",
     {"newsarchive.core.metadata.publication_date:contradicted": returns([])}, ("newsarchive.core.metadata.publication_date",)),
    ("own descriptions", "metadata", "metadata",
     {"newsarchive.core.metadata.headline:own_descriptions": lambda _: lambda claims, *_args: (list(claims), [])},
     ("newsarchive.core.metadata.headline",)),
    ("date of the address", "metadata", "metadata", {"newsarchive.core.text.dates:from_url": returns(None)}, ()),
    ("JSON-LD", "metadata", "metadata", {"newsarchive.core.metadata.jsonld:claims": returns(())},
     ("newsarchive.core.metadata.jsonld",)),
    ("meta elements", "metadata", "metadata", {"newsarchive.core.metadata.elements:claims": returns(())},
     ("newsarchive.core.metadata.elements",)),
    ("microdata", "metadata", "metadata", {"newsarchive.core.metadata.markup:microdata": returns(())},
     ("newsarchive.core.metadata.markup:microdata", "newsarchive.core.metadata.markup:_object_claims",
      "newsarchive.core.metadata.markup:_item")),
    ("headings", "metadata", "metadata", {"newsarchive.core.metadata.markup:headings": returns(())},
     ("newsarchive.core.metadata.markup:headings", "newsarchive.core.metadata.markup:_without_kicker",
      "newsarchive.core.metadata.markup:_heading_place")),
    ("kickers in headings", "metadata", "metadata",
     {"newsarchive.core.metadata.markup:_without_kicker": argument()}, ()),
    ("authors by markup", "metadata", "metadata", {"newsarchive.core.metadata.markup:authors": returns(())}, ()),
    ("dates by markup", "metadata", "metadata", {"newsarchive.core.metadata.markup:dates": returns(())}, ()),
    ("sections", "metadata", "metadata", {"newsarchive.core.metadata.sections:section_claims": returns(())}, ()),
    ("pictures", "metadata", "metadata", {"newsarchive.core.metadata.pictures:picture_claims": returns(())}, ()),
    ("paywalls", "metadata", "metadata", {"newsarchive.core.metadata.sections:paywall_claims": returns(())}, ()),
    ("other titles", "metadata", "metadata", {"newsarchive.core.metadata.step:_alternative_headlines": returns([])}, ()),
    ("title without site name", "metadata", "metadata",
     {"newsarchive.core.metadata.headline:_without_name": argument()}, ()),
    ("hidden authors", "metadata", "metadata", {"newsarchive.core.metadata.authors:_hidden_traits": returns(())}, ()),
    ("staff bylines", "metadata", "metadata", {"newsarchive.core.metadata.authors:_is_staff_list": returns(False)}, ()),
    # encoding
    ("encoding repair", "encoding", "repair",
     {"newsarchive.core.encoding.step:_repaired_page": lambda original: _unmended}, ("newsarchive.core.encoding.step",)),
    ("entities", "encoding", "repair", {"newsarchive.core.encoding.step:unescaped": lambda original: _as_it_is},
     ("newsarchive.core.encoding.mojibake",)),
    ("controls", "encoding", "repair", {"newsarchive.core.encoding.step:control_changes": returns(())},
     ("newsarchive.core.encoding.step",)),
    ("lone letters", "encoding", "repair",
     {"newsarchive.core.encoding.step:may_be_lone_letter": returns(False),
      "newsarchive.core.encoding.step:lone_letter_changes": returns(())}, ("newsarchive.core.encoding.lone_letters",)),
    ("interpuncts", "encoding", "repair", {"newsarchive.core.encoding.step:may_be_interpunct": returns(False)},
     ("newsarchive.core.encoding.cjk_punctuation",)),
    ("siblings", "encoding", "repair", {"newsarchive.core.encoding.step:may_be_sibling": returns(False)},
     ("newsarchive.core.encoding.step:may_be_sibling", "newsarchive.core.encoding.step:sibling_changes")),
    ("ftfy", "encoding", "repair", {"newsarchive.core.encoding.ftfy_fallback:is_asked": returns(False)},
     ("newsarchive.core.encoding.ftfy_fallback",)),
    ("legacy as legacy", "encoding", "repair",
     {"newsarchive.core.encoding.voting:is_legacy": returns(False), "newsarchive.core.encoding.voting:_legacy": returns(None)},
     ("newsarchive.core.encoding.legacy", "newsarchive.core.encoding.legacy")),
    ("lost bytes", "encoding", "repair",
     {"newsarchive.core.encoding.voting:unexplained": lambda original: _explained, "newsarchive.core.encoding.voting:truncated_codec": returns(None),
      "newsarchive.core.encoding.voting:truncated_punctuation_codec": returns(None)}, _LOST),
    ("lost bytes: quotation marks", "encoding", "repair",
     {"newsarchive.core.encoding.lost_search:truncated_marks": returns({}), "newsarchive.core.encoding.voting:truncated_codec": returns(None)},
     ("newsarchive.core.encoding.quotation_marks",)),
    ("lost bytes: stops", "encoding", "repair",
     {"newsarchive.core.encoding.lost_search:truncated_punctuation": returns({}),
      "newsarchive.core.encoding.voting:truncated_punctuation_codec": returns(None)}, ("newsarchive.core.encoding.cjk_punctuation",)),
    ("codecs of many bytes", "encoding", "repair", {"newsarchive.core.encoding.voting:MULTI_BYTE_HYPOTHESES": lambda original: ()},
     ("newsarchive.core.encoding.mojibake:MultiByte.readings",)),
    ("layers", "encoding", "repair", {"newsarchive.core.encoding.voting:_layers": returns(())}, ()),
    ("proof of words", "encoding", "repair", {"newsarchive.core.encoding.proof:Proof.of_words": argument(1)}, ()),
    ("proof of the page", "encoding", "repair", {"newsarchive.core.encoding.proof:Proof.of_page": argument(1)}, ()),
    ("proof of enough", "encoding", "repair", {"newsarchive.core.encoding.proof:Proof.enough": argument(1)}, ()),
    ("codec by words", "encoding", "repair", {"newsarchive.core.encoding.voting:cost_of_words": returns(0.0)}, ()),
    ("likelier by the page", "encoding", "repair", {"newsarchive.core.encoding.voting:_weighed": argument()}, ()),
    # origin
    ("facts of records", "origin", "chrome",
     {f"{CHROME}:record_lines": returns(frozenset()), "newsarchive.core.origin.evidence:record_lines": returns(frozenset())},
     ("newsarchive.core.text.lines",)),
    ("origin by parts", "origin", "chrome",
     {f"{CHROME}:credit_lines": returns(()), "newsarchive.core.origin.evidence:credit_lines": returns(()),
      "newsarchive.core.origin.evidence:mention_in": returns(None)}, _BY_PARTS),
    ("origin: better named", "origin", "origin", {"newsarchive.core.origin.evidence:_better_named": argument()}, ()),
    ("origin: attribution phrases", "origin", "chrome",
     {f"{CHROME}:attribution_of": returns(None), "newsarchive.core.origin.evidence:attributions_in": returns(()),
      "newsarchive.core.origin.credits:attribution_of": returns(None)},
     ("newsarchive.core.origin.attribution", "newsarchive.core.origin.attribution_patterns")),
    ("origin: copyright", "origin", "chrome",
     {f"{CHROME}:copyright_of": returns(None), "newsarchive.core.origin.evidence:copyright_of": returns(None)},
     ("newsarchive.core.origin.notices",)),
    ("origin: datelines", "origin", "chrome",
     {"newsarchive.core.origin.evidence:_from_agency": returns(()), f"{CHROME}:signed_by": returns("")},
     ("newsarchive.core.origin.notices",)),
    ("origin: bylines", "origin", "origin", {"newsarchive.core.origin.evidence:_from_authors": returns(())}, ()),
    ("origin: metadata", "origin", "origin", {"newsarchive.core.origin.evidence:_from_metadata": returns(())}, ()),
    ("origin: address behind a credit", "origin", "origin", {"newsarchive.core.origin.evidence:_with_urls": argument()}, ()),
    ("origin: references of figures", "origin", "origin",
     {"newsarchive.core.origin.evidence:_without_references": argument()}, ()),
    ("origin: poison", "origin", "origin", {"newsarchive.core.origin.step:_without_poison": argument()}, ()),
    # what a site's pages teach
    ("site template", "template", "template",
     {"newsarchive.core.site_template.template:verdicts": returns({}), "newsarchive.core.steps:verdicts": returns({})},
     ("newsarchive.core.site_template.template",)),
    ("template: layouts", "template", "template", {"newsarchive.core.site_template.learner:layouts": returns(())},
     ("newsarchive.core.site_template.layouts",)),
    ("template: heads of lists", "template", "template", {"newsarchive.core.site_template.learner:heads": returns({})},
     ("newsarchive.core.site_template.lists",)),
    ("template: forms", "template", "template", {"newsarchive.core.site_template.learner:judge_form": returns(None)}, ()),
    ("template: pairs", "template", "template", {"newsarchive.core.site_template.evidence:_pair": returns(None)}, ()),
    ("template: proof of sentences", "template", "template",
     {"newsarchive.core.site_template.evidence:_proof": returns(None)}, ()),
    ("template: runs", "template", "template", {"newsarchive.core.site_template.template:_runs": returns(None)}, ()),
    ("template: cut", "template", "template", {"newsarchive.core.site_template.template:_cut": returns(None)}, ()),
    ("template: anchors", "template", "template", {"newsarchive.core.site_template.learner:_anchored": argument()}, ()),
    ("template: taken back", "template", "template", {"newsarchive.core.site_template.template:_taken_back": returns(False)}, ()),
    ("template: conventions", "template", "template", {"newsarchive.core.steps:effects": returns([])},
     ("newsarchive.core.site_template.conventions",)),
)  # fmt: skip


def _unmended(*_args: Any) -> Any:
    return {}


def _explained(*_args: Any) -> Any:
    return import_module("newsarchive.core.encoding.lost_search").Unexplained([])


def _as_it_is(text: str) -> Any:
    return getattr(import_module("newsarchive.core.encoding.mojibake"), "Unescaped")(text)  # noqa: B009


# --- reading the tables --------------------------------------------------------------------------------------------


def switches() -> list[Switch]:
    """All switches, in the order of the report."""
    found = [
        Switch(
            name_of_pass(name),
            "boilerplate",
            "chrome",
            ((PASSES, without(name)), (LINE_PASSES, without_if_there(name))),
            (f"{CHROME}:{name}", *parts),
            is_cached=False,
        )
        for name, parts in _PASSES.items()
    ]
    found += [
        Switch(name, group, stage, tuple(patches.items()), code or tuple(patches))
        for name, group, stage, patches, code in _PLAIN
    ]
    return found + list(_tables())


def name_of_pass(function: str) -> str:
    """The name of the switch of a pass, from that of its function.

    >>> name_of_pass("credits_")
    'credits (pass)'
    """
    return function.rstrip("_") + " (pass)"


def _tables() -> Iterator[Switch]:
    """Each file of tables that the steps read."""
    for folder, stage in (("chrome", "chrome"), ("attribution", "chrome"), ("metadata", "metadata")):
        for path in sorted((DATA / folder).glob("*.toml")):
            name = f"{folder}/{path.name}"
            yield Switch(f"data: {name}", "data", stage, data=(name,), rules=_dropping(folder, path.stem))
    yield Switch(
        "data: publishers.toml",
        "data",
        "metadata",
        data=("publishers.toml",),
        rules=lambda rules: replace(rules, publishers=()),
    )


def _dropping(field: str, key: str) -> Callable[[Rules], Rules]:
    def dropped(rules: Rules) -> Rules:
        tables = dict(getattr(rules, field))
        if key not in tables:
            raise SwitchBroken(f"no table {key} in {field}")
        del tables[key]
        changes: dict[str, Any] = {field: tables}
        return replace(rules, **changes)

    return dropped


def lines_of_code(switch: Switch) -> int:
    """How many lines of source the heuristic has."""
    return sum(_lines(path) for path in switch.code)


def lines_of_data(switch: Switch) -> int:
    return sum(len((DATA / name).read_text(encoding="utf-8").splitlines()) for name in switch.data)


def _lines(path: str) -> int:
    module, _, attribute = path.partition(":")
    if not attribute:
        return len(Path(str(import_module(module).__file__)).read_text(encoding="utf-8").splitlines())
    _, _, value = place_of(path)
    value = inspect.unwrap(value) if callable(value) else value
    return len(inspect.getsourcelines(value)[0]) if inspect.isfunction(value) else 1


def place_of(path: str) -> tuple[Any, str, Any]:
    """(owner, name, value) of a path. Raises `SwitchBroken` where it leads nowhere."""
    module, _, attribute = path.partition(":")
    try:
        owner: Any = import_module(module)
        *outer, name = attribute.split(".")
        for part in outer:
            owner = getattr(owner, part)
        return owner, name, getattr(owner, name)
    except (ImportError, AttributeError) as error:
        raise SwitchBroken(f"{path}: {error}") from error


@contextlib.contextmanager
def turned_off(switch: Switch, rules: Rules) -> Iterator[Rules]:
    """The heuristic off, and what was cached with it forgotten; gives the rules to work with."""
    with patched(switch.patches, forgets=switch.is_cached):
        yield switch.rules(rules) if switch.rules else rules


@contextlib.contextmanager
def patched(patches: Iterable[tuple[str, Off]], *, forgets: bool = True) -> Iterator[None]:
    """Attributes replaced, and caches empty before and after if `forgets`."""
    undo = []
    try:
        for path, off in patches:
            owner, name, value = place_of(path)
            try:
                setattr(owner, name, off(value))
            except SwitchBroken as error:
                raise SwitchBroken(f"{path}: {error}") from error
            undo.append((owner, name, value))
        if forgets:
            forget()
        yield
    finally:
        for owner, name, value in reversed(undo):
            setattr(owner, name, value)
        if forgets:
            forget()


def forget() -> None:
    """Empty the caches of answers that a switch may change: those about a text by the rules, and a few by name.
    Compiled tables and models stay, for they hang on the rules alone, which a switch that changes them replaces."""
    for name, module in list(sys.modules.items()):
        if name.startswith(CORE):
            for value in vars(module).values():
                if hasattr(value, "cache_parameters") and _may_change(value):
                    value.cache_clear()


#: Caches of no rules that hang on what a switch replaces.
FORGOTTEN = frozenset({"_hypotheses", "_differing", "_facts"})


def _may_change(cached: Any) -> bool:
    if cached.__name__ in FORGOTTEN:
        return True
    names = inspect.signature(cached.__wrapped__).parameters
    return "rules" in names and len(names) > 1 and (cached.cache_parameters()["maxsize"] or 0) >= MIN_ANSWERS


#: Caches of fewer entries hold compiled forms.
MIN_ANSWERS = 1000
