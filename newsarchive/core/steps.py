"""Runs every page, from the network or from the archive, through the same steps: bytes in, `Article` out.

    decode → extract → repair → chrome → origin → fingerprint

Each step is a pure function of what the step before it returned and of the rules. The pipelines call the steps one by
one; `article_from` calls them in one go, for a worker or a library user.

`STEPS` are newsarchive's own. Another project may add a step, replace one or leave one out: `inserted`, `replaced` and
`without` give the resulting table, which every function here takes as `steps`. Nothing is loaded here:
`newsarchive.plugins` finds the functions that the settings name. What they return is looked at (`misfit`): such a step may have
given `headline=None`, and the step that then fails is one of newsarchive's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from functools import cache
from types import MappingProxyType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

from newsarchive.core.assembly import post
from newsarchive.core.boilerplate.step import boilerplate_step
from newsarchive.core.encoding import step as encoding
from newsarchive.core.html.blocks import read_blocks
from newsarchive.core.html.parsing import parse
from newsarchive.core.html.render import rendered
from newsarchive.core.near_duplicates import fingerprint
from newsarchive.core.origin import step as origin
from newsarchive.core.site_template.conventions import applied, effects
from newsarchive.core.site_template.learner import taught
from newsarchive.core.site_template.model import Template
from newsarchive.core.site_template.observations import Observation, observation
from newsarchive.core.site_template.template import layout_of, marked, pack_reading, verdict_of, verdicts
from newsarchive.core.text.language import begins_alike, with_language
from newsarchive.exceptions import NotAnArticle, StepFailed, UsageError
from newsarchive.items import Article, Candidate, Capture, DropReason, Page
from newsarchive.reprs import what_was_raised
from newsarchive.rules import Rules
from newsarchive.version import EXTRACTOR_VERSION


@dataclass(frozen=True, slots=True)
class Step:
    """One step: called with a record of the type `takes` and the rules, it returns one of the type `gives`.

    `place` names the step of newsarchive's own beside which it runs: both run in the same pipeline of Scrapy.
    `source` says who brings the step, as "own_step:shorten (own-step 1.0)"; it is "" for newsarchive's own.
    """

    name: str
    run: Callable[[Any, Rules], Any]
    takes: type
    gives: type
    place: str
    source: str = ""

    def __call__(self, record: Any, rules: Rules) -> Any:
        """The next record. Raises `NotAnArticle`, and `StepFailed` for anything else that a foreign step raises."""
        if not self.source:
            return self.run(record, rules)
        try:
            done = self.run(record, rules)
        except NotAnArticle:
            raise
        except (Exception, SystemExit) as error:  # a step that calls sys.exit() must not end the crawl
            raise StepFailed(str(self), what_was_raised(error, self.run)) from error
        if not isinstance(done, self.gives):
            raise StepFailed(str(self), f"it returned {type(done).__name__}, not {self.gives.__name__}")
        if problem := misfit(done, self.gives, record):
            raise StepFailed(str(self), f"it returned {self.gives.__name__} whose {problem}")
        return _completed(done, record) if isinstance(done, Article) else done

    def __str__(self) -> str:
        return f"{self.name} ({self.source})" if self.source else self.name


#: Steps in their order, by name.
Steps = Mapping[str, Step]


def _own(name: str, run: Callable[[Any, Rules], Any], takes: type = Article, gives: type = Article) -> Step:
    return Step(name, run, takes, gives, place=name)


#: newsarchive's own steps.
STEPS: Steps = MappingProxyType(
    {
        step.name: step
        for step in (
            _own("decode", post.decode_step, Capture, Page),
            _own("extract", post.extract_step, Page, Article),
            _own("repair", encoding.repair_step),
            _own("chrome", boilerplate_step),  # the name stands in users' settings: "shorten after chrome"
            _own("origin", origin.origin_step),
            _own("fingerprint", fingerprint.fingerprint_step),
        )
    }
)
#: Steps without which no capture becomes an article; they can be replaced, but not left out.
NEEDED = ("decode", "extract")
#: Steps that read the page itself. The steps behind the last of them run again where a site's template changed the
#: blocks.
READING = (*NEEDED, "repair", "chrome")


def inserted(
    steps: Steps,
    name: str,
    run: Callable[[Any, Rules], Any],
    source: str,
    *,
    before: str = "",
    after: str = "",
) -> Steps:
    """The steps with another step before or after a named one. The new step returns the type of record that it takes.

    Raises `UsageError` where the name is taken.
    """
    if name in steps:
        raise UsageError(f"two steps have the name {name!r}: give one of them another name")
    beside = steps[before or after]
    record = beside.takes if before else beside.gives
    step = Step(name, run, record, record, beside.place, source)
    row = list(steps.values())
    row.insert(row.index(beside) + (not before), step)
    return MappingProxyType({each.name: each for each in row})


def replaced(steps: Steps, name: str, run: Callable[[Any, Rules], Any], source: str) -> Steps:
    """The steps with another function under the name of one of them."""
    return MappingProxyType({**steps, name: replace(steps[name], run=run, source=source)})


def without(steps: Steps, name: str) -> Steps:
    """The steps but for one. Raises `UsageError` for `decode` and `extract`, without which there is no article."""
    if name in NEEDED:
        raise UsageError(f"the step {name!r} cannot be left out: put a step of your own instead of it")
    return MappingProxyType({other: step for other, step in steps.items() if other != name})


def article_from(capture: Capture, rules: Rules, steps: Steps = STEPS) -> Article:
    """Run every step on one capture. Raises `NotAnArticle` where the page holds none."""
    record: Any = capture
    for step in steps.values():
        record = step(record, rules)
    if not isinstance(record, Article):
        raise NotAnArticle(DropReason.BROKEN, f"the last step gave {type(record).__name__}")
    return signed(record, steps)


def _completed(article: Article, before: Any) -> Article:
    """The article with what a foreign step need not write itself: an extractor what is known of the page, any step the
    text and the HTML that follow from its blocks."""
    if isinstance(before, Page):
        article = replace(
            article,
            url=article.url or before.capture.base_url,
            capture=before.capture,
            charset_declared=before.charset_declared,
            charset_used=before.charset_used,
            extractor_version=EXTRACTOR_VERSION,
        )
    elif article.blocks == before.blocks:
        return article
    return rendered(article.with_blocks(article.blocks))


def signed(article: Article, steps: Steps) -> Article:
    """The article with the steps that made it among its candidates, where they are not newsarchive's own.

    So `explain` and the archive tell how the text came about, without a column for the rare case.
    """
    if steps == STEPS:
        return article
    if not article.article_html:  # the boilerplate step writes it, and may have been left out
        article = rendered(article)
    mark = Candidate("steps", ", ".join(map(str, steps.values())), "settings", chosen=True)
    return replace(article, candidates=(*(c for c in article.candidates if c.field != "steps"), mark))


def templated(
    article: Article,
    template: Template,
    rules: Rules,
    steps: Steps = STEPS,
    *,
    keep_reading: bool = False,
    seen: Observation | None = None,
) -> Article:
    """The article with its site's template applied, its last steps run again where a block changed.

    Takes the article as `article_from` gives it. A crawl, learning and re-extraction all come through here, so that the
    same page and template give the same text. `seen` of the result is the page's record for learning; with `keep_reading`
    it has the packed article too, as it is without a template. `seen` is what `observed` gave of this article, where that is
    known.
    """
    seen = seen or observed(article, template.site, rules)
    marks = verdicts(seen.lines, template, article.url)
    changing = effects(seen.said, template.conventions)
    layout = layout_of(seen.lines, template)
    seen = replace(
        seen,
        verdict=verdict_of(marks, changing),
        layout=layout.number if layout else 0,
        misfit=layout is None and bool(template.layouts),
        reading=pack_reading(article) if keep_reading else b"",
    )
    done = replace(marked(article, marks), seen=seen)
    done = applied(done, changing, rules)
    if done.blocks != article.blocks:
        done = rendered(done)
        if not begins_alike(done, article):
            done = with_language(done, rules)
        row = list(steps.values())
        for step in row[1 + max(at for at, step in enumerate(row) if step.name in READING) :]:
            done = step(done, rules)
        if done.origin is None:  # the line that named it repeats on the site, and is no less true
            done = replace(done, origin=article.origin)
    return signed(done, steps)


def observed(article: Article, site: str, rules: Rules) -> Observation:
    """The record of a page for learning, with what its post's full text in a feed or an API proves.

    Takes the article as `article_from` gives it, and the domain of its site.
    """
    page = observation(article, rules, site=site)
    source = article.capture.source_text if article.capture else None
    if source is None or not source.html:
        return page
    return taught(page, [block.text for block in read_blocks(parse(source.html), page.url).blocks])


# -- what a step of another project gave ------------------------------------------------------------------------------------

#: Stands for a field that a record has not.
_MISSING = object()


class _Field(NamedTuple):
    name: str
    #: The classes of its value, and those of the values in it where it is a tuple.
    classes: tuple[type, ...]
    inner: tuple[type, ...]
    #: The record that one of these is.
    record: type | None


@cache
def _fields(cls: type) -> tuple[_Field, ...]:
    hints = get_type_hints(cls)
    found = []
    for field in fields(cls):
        hint = hints[field.name]
        classes, args = _classes(hint), get_args(hint)
        inner = _classes(args[0]) if get_origin(hint) is tuple and args[1:] == (...,) else ()
        record = next(filter(is_dataclass, (*classes, *inner)), None)
        found.append(_Field(field.name, classes, inner, record))
    return tuple(found)


def _classes(hint: Any) -> tuple[type, ...]:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return tuple(cls for one in get_args(hint) for cls in _classes(one))
    if origin is Literal:
        return tuple({type(value) for value in get_args(hint)})
    found = origin or hint
    if found is float:
        return (int, float)
    # A protocol cannot be asked.
    return (found if isinstance(found, type) and not getattr(found, "_is_protocol", False) else object,)


def misfit(record: Any, cls: type, given: Any = None, before: str = "") -> str:
    """The first field whose value has another type than `cls`, the class of the record, says; "" where all have theirs. A time must
    have its zone. The records in the record are asked too. What the step was `given` and left as it was is not, and neither are
    fields that a subclass adds: they are its own affair.

    >>> from newsarchive.items import Article, Author
    >>> misfit(Article("https://a.example/", headline=None), Article)
    'headline is NoneType, not str'
    >>> misfit(Article("https://a.example/", authors=("Ann Lee", Author(None))), Article)
    'authors[0] is str, not Author'
    >>> misfit(Article("https://a.example/", authors=(Author(None),)), Article)
    'authors[0].name is NoneType, not str'
    """
    for name, classes, inner, nested in _fields(cls):
        value = getattr(record, name)
        if value is getattr(given, name, _MISSING):
            continue
        if problem := _problem(value, classes):
            return f"{before}{name} {problem}"
        if (
            not inner
            and nested
            and value is not None
            and (problem := misfit(value, nested, before=f"{before}{name}."))
        ):
            return problem
        for number, one in enumerate(value if inner else ()):
            if problem := _problem(one, inner):
                return f"{before}{name}[{number}] {problem}"
            if nested and (problem := misfit(one, nested, before=f"{before}{name}[{number}].")):
                return problem
    return ""


def _problem(value: Any, classes: tuple[type, ...]) -> str:
    if not isinstance(value, classes):
        wanted = " or ".join("None" if cls is type(None) else cls.__name__ for cls in classes)
        return f"is {type(value).__name__}, not {wanted}"
    return "has no time zone" if isinstance(value, datetime) and value.tzinfo is None else ""
