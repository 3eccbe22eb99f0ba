"""How well an archiver read a blog: its answers against the blog's truth. Pure functions, no network.

`tests/wordpress/truth.py` has the records of the truth. Both we and the peers are scored by these functions.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, zip_longest

from tests.wordpress.truth import Line, Post, Publisher

_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W_]+")  # a Chinese character counts as a word

#: A line belongs to a paragraph when at least this share of its words are the paragraph's.
SAME = 0.6


@dataclass(frozen=True)
class Answer:
    """What an archiver made of one post. `origin` is `None` where it names none; a peer may not say (`("", "")`).
    `cluster` is the number of the story that it takes the post for a copy of, `None` where of none."""

    url: str
    headline: str
    body: str
    origin: tuple[str, str] | None = None
    cluster: int | None = None


@dataclass(frozen=True)
class Miss:
    """One thing that went wrong, for the list that a person reads. `what` is one of the table's columns."""

    what: str
    url: str
    detail: str


@dataclass
class Score:
    """Sums over the posts of a blog; the properties are what the table shows."""

    posts: int = 0
    found: int = 0
    extra: int = 0
    f1: float = 0.0
    leaking: int = 0
    leaks: Counter[str] = field(default_factory=Counter)
    paragraphs: int = 0
    lost: int = 0
    on_purpose: int = 0
    on_purpose_lost: int = 0
    damaged: int = 0
    repaired: int = 0
    clean: int = 0
    changed: int = 0
    headlines: int = 0
    names: Counter[str] = field(default_factory=Counter)
    domains: Counter[str] = field(default_factory=Counter)
    own: int = 0
    own_kept: int = 0
    misses: list[Miss] = field(default_factory=list)

    def add(self, other: Score) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def miss(self, what: str, post: Post, detail: str) -> None:
        self.misses.append(Miss(what, post.url, detail))


def share(part: float, whole: float) -> float | None:
    """`None` where there is nothing to measure."""
    return part / whole if whole else None


def precision(counts: Mapping[str, int]) -> float | None:
    return share(counts["right"], counts["right"] + counts["wrong"])


def recall(counts: Mapping[str, int]) -> float | None:
    return share(counts["right_printed"], counts["printed"])


def score(posts: Sequence[Post], answers: Iterable[Answer], furniture: Sequence[str] = ()) -> Score:
    """Score the answers for one blog. `furniture` are known lines of the blog, to name leaks with."""
    by_url = {_key(answer.url): answer for answer in answers}
    total = Score(posts=len(posts))
    for post in posts:
        answer = by_url.pop(_key(post.url), None)
        if answer is None:
            total.miss("found", post, "not in the archive")
            continue
        total.found += 1
        _body(total, post, answer, furniture)
        total.headlines += folded(answer.headline) == folded(post.title.text)
        if folded(answer.headline) != folded(post.title.text):
            total.miss("headline", post, f"{answer.headline!r} for {post.title.text!r}")
        if answer.origin != ("", ""):
            _origin(total, post, answer)
    total.extra = len(by_url)
    total.misses += [Miss("extra", a.url, a.headline) for a in by_url.values()]
    return total


def copies(posts: Iterable[Post], answers: Iterable[Answer]) -> tuple[int, int, int]:
    """(pairs of posts with one story, those of them that were found, pairs found that are no copies), of all blogs
    together and of the posts that were found."""
    told = {_key(answer.url): answer.cluster for answer in answers}
    both = [(post.cluster, told[_key(post.url)]) for post in posts if _key(post.url) in told]
    pairs = [(a[0] == b[0] != "", a[1] == b[1] is not None) for a, b in combinations(both, 2)]
    true, found = sum(is_copy for is_copy, _ in pairs), sum(hit for _, hit in pairs)
    right = sum(is_copy and hit for is_copy, hit in pairs)
    return true, right, found - right


def folded(text: str) -> str:
    """White space folded; a no-break space is white space."""
    return re.sub(r"\s+", " ", text).strip()


def _bare(text: str) -> str:
    """Without white space and control characters, which damage leaves behind and some readers drop."""
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\ufffd]+", "", text)


def words(text: str) -> Counter[str]:
    return Counter(_TOKEN.findall(text.lower()))


def f1(truth: Counter[str], found: Counter[str]) -> float:
    """F1 of two word multisets, 1 where both are empty."""
    if not truth and not found:
        return 1.0
    return 2 * (truth & found).total() / (truth.total() + found.total())


def _key(url: str) -> str:
    return url.split("://", 1)[-1].rstrip("/")


def _body(total: Score, post: Post, answer: Answer, furniture: Sequence[str]) -> None:
    total.f1 += f1(words(" ".join(post.paragraphs)), words(answer.body))
    truth = [line for line in post.lines if line.kind == "body"]
    lines = [folded(line) for line in answer.body.split("\n") if _TOKEN.search(line)]
    rest = _without(
        lines, [folded(text) for line in truth for text in (line.text, line.printed or line.text)]
    )
    for line in truth:
        _paragraph(total, post, line, folded(answer.body), rest)
    leaks = [line for line in rest if not any(_holds(line, paragraph.text) for paragraph in truth)]
    total.leaking += bool(leaks)
    for line in leaks:
        kind = _kind(line, post, furniture)
        total.leaks[kind] += 1
        total.miss("leak", post, f"{kind}: {line[:160]}")


def _without(lines: Sequence[str], paragraphs: Sequence[str]) -> list[str]:
    """What is left of the lines once the paragraphs are cut out; a line may hold more than one."""
    rest = []
    whole = {_bare(paragraph) for paragraph in paragraphs}
    for line in lines:
        if _bare(line) in whole:
            continue
        for paragraph in paragraphs:
            line = line.replace(paragraph, "\n")
        rest += [part for part in line.split("\n") if _TOKEN.search(part)]
    return rest


def _paragraph(total: Score, post: Post, line: Line, body: str, rest: Sequence[str]) -> None:
    exact = folded(line.text) in body
    printed = folded(line.printed or line.text) in body
    printed = printed or _bare(line.printed or line.text) in _bare(body)
    there = exact or printed or any(_holds(other, line.text) or _holds(other, line.printed) for other in rest)
    total.paragraphs += 1
    total.on_purpose += line.on_purpose
    if not there:
        total.lost += 1
        total.on_purpose_lost += line.on_purpose
        total.miss("lost", post, ("on purpose: " if line.on_purpose else "") + line.text[:160])
    elif line.repairs:
        total.damaged += 1
        total.repaired += exact
        if not exact:
            total.miss("repairs", post, line.printed[:160])
    else:
        total.clean += 1
        total.changed += not exact
        if not exact:
            total.miss("changed", post, line.text[:160])


def _holds(line: str, paragraph: str) -> bool:
    """Whether the line's words are mostly the paragraph's, and enough of it."""
    ours, theirs = words(line), words(paragraph)
    common = (ours & theirs).total()
    return bool(ours) and common / ours.total() >= SAME and common / max(1, theirs.total()) >= SAME / 2


def _kind(line: str, post: Post, furniture: Sequence[str]) -> str:
    for known in post.dropped:
        if any(
            (folded(text) and folded(text) in line) or line in folded(text)
            for text in (known.text, known.printed)
        ):
            return known.kind
    if any(line in known or known in line for known in furniture):
        return "furniture"
    if any(_holds(line, comment) for comment in post.comments):
        return "comments"
    if line in (folded(post.title.text), folded(post.title.printed)):
        return "title"
    return "other"


def _origin(total: Score, post: Post, answer: Answer) -> None:
    if post.origin is None:
        total.own += 1
        total.own_kept += answer.origin is None
        if answer.origin is not None:
            total.names["wrong"] += 1
            total.domains["wrong"] += bool(answer.origin[1])
            total.miss("own post", post, f"origin {answer.origin}")
        return
    credits = " ".join(
        line.printed or line.text for line in post.dropped if line.kind in ("attribution", "copyright")
    )
    name, domain = answer.origin or ("", "")
    _claim(total, "origin name", total.names, post, name, _names(post.origin), credits, credits)
    _claim(
        total, "origin domain", total.domains, post, domain, (post.origin.domain,), credits.lower(), credits
    )


def _claim(
    total: Score,
    what: str,
    counts: Counter[str],
    post: Post,
    claim: str,
    accepted: Sequence[str],
    text: str,
    shown: str,
) -> None:
    right = _plain(claim) in {_plain(one) for one in accepted}
    printed = any(one in text for one in accepted)
    counts["printed"] += printed
    counts["right_printed"] += printed and right
    if claim:
        counts["right" if right else "wrong"] += 1
    if (claim or printed) and not right:
        total.miss(what, post, f"{claim!r} for {accepted[0]!r} in: {shown[:200]}")


def _names(publisher: Publisher) -> tuple[str, ...]:
    return (publisher.name, *publisher.aliases)


def _plain(name: str) -> str:
    return re.sub(r"^(the|le|la|der|die|das) |^www\.", "", folded(name).casefold())


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as columns of equal width; the first row is the head."""
    widths = [max(len(cell or "") for cell in column) for column in zip_longest(*rows, fillvalue="")]
    lines = [
        "  ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])
