"""Tell the entries of other posts on a page of WordPress by the numbers that it gives to posts.

The page of post 7 has `<body class="single-post postid-7">`. A loop of other posts below it, with their titles, days and
excerpts, has `<li class="post-23 post type-post">` for each of them. Themes may put such a loop anywhere, and name it as they
like; the numbers are WordPress's own.

103 of 2,579 real pages have such entries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence, Set
from functools import lru_cache

from selectolax.lexbor import LexborNode

from newsarchive.core.html.markup import upwards

_PAGE = re.compile(r"\.postid-(\d{1,19})(?![^./])")
_ENTRY = re.compile(r"post-(\d{1,19})")
#: Steps from an element up to its entry.
MAX_STEPS = 40


class Entries:
    """The entries of posts on one page. `blocks` are the paths of its blocks, as `Box.path` writes them, and whether each is a
    heading without a link.

    An entry counts where it is of the type of the page's own post: a form or a dictionary inside the text has another type. A
    plugin for translations may show a post in the place of the page's own, under its own number: where no entry has the page's
    number, the only one with a heading that is no link is the post itself.
    """

    def __init__(self, blocks: Sequence[tuple[str, bool]]) -> None:
        self.number, self.types = _of_page(blocks[0][0]) if blocks else ("", frozenset[str]())
        found: set[str] = set()
        if self.number:
            numbers = [_number_in(path, self.number, self.types) for path, _ in blocks]
            found = set(numbers) - {""}
            if self.number not in found:
                titled = {number for number, (_, is_title) in zip(numbers, blocks, strict=True) if is_title}
                found -= titled - {""} if len(titled - {""}) == 1 else set()
        #: The numbers of entries of other posts.
        self.others = frozenset(found - {self.number})

    def other(self, path: str) -> str:
        """The number of the entry of another post in which a block with this path stands, "" for none."""
        number = _number_in(path, self.number, self.types) if self.others else ""
        return number if number in self.others else ""

    def holds(self, node: LexborNode) -> bool:
        """Whether an element stands in the entry of another post, or is one."""
        return bool(self.others) and self._around(node) in self.others

    def is_own(self, node: LexborNode) -> bool:
        """Whether an element stands in the entry of the page's own post."""
        return self.number != "" and self._around(node) == self.number

    def _around(self, node: LexborNode) -> str:
        """The number of the innermost entry around an element, "" for none."""
        for up in upwards(node, MAX_STEPS):
            if number := _number_of((up.attributes.get("class") or "").split(), self.number, self.types):
                return number
        return ""


def _of_page(path: str) -> tuple[str, frozenset[str]]:
    """The number of a page's post by the classes of its `<body>`, "" where they name none, and the classes of entries of its type.

    >>> _of_page("html/body.single.single-post.postid-7/main/p")
    ('7', frozenset({'type-post'}))
    """
    found = _PAGE.search(path)
    body = next((step for step in path.split("/") if step.startswith("body")), "")
    if not found or found[0] not in body:
        return "", frozenset()
    singles = (name for name in body.split(".") if name.startswith("single-"))
    return found[1], frozenset(f"type-{name.removeprefix('single-')}" for name in singles)


@lru_cache(maxsize=16_384)
def _number_in(path: str, number: str, types: Set[str]) -> str:
    """The number of the innermost entry through which a path leads, "" for none.

    >>> [_number_in(f"html/body/{steps}", "7", frozenset({"type-post"})) for steps in ("li.post-23.type-post/p", "div.post-23.type-form/p")]
    ['23', '']
    """
    if ".post-" not in path:
        return ""
    steps = (step for step in reversed(path.split("/")) if ".post-" in step)
    return next(filter(None, (_number_of(step.split(".")[1:], number, types) for step in steps)), "")


def _number_of(names: Iterable[str], number: str, types: Set[str]) -> str:
    """The number of the entry with these classes, "" where they are of none. A theme's own class may look like a number: that of
    the page's post counts wherever it stands."""
    numbers = [found[1] for name in names if name.startswith("post-") and (found := _ENTRY.fullmatch(name))]
    if number in numbers:
        return number
    return numbers[0] if numbers and not types.isdisjoint(names) else ""
