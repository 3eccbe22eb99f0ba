"""The records of a blog's truth: lines, posts, and the plan of a blog."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.wordpress.server import Settings


@dataclass(frozen=True)
class Line:
    """One block of a post: the text as it should be, as the blog printed it, and what it is.

    `kind` is `body` or one of newsarchive's other labels; `repairs` counts the damaged runs in `printed`.
    `on_purpose` marks true text that its author repeats from post to post. `form` is how it is marked up,
    one of `blogs.FORMS`: `paragraph`, `heading`, `quote`, `item` (of a list), and what varied sets have besides.
    """

    text: str
    kind: str = "body"
    printed: str = ""
    repairs: int = 0
    on_purpose: bool = False
    form: str = "paragraph"


@dataclass(frozen=True)
class Publisher:
    """Who published first. `aliases` are other names that are as right."""

    name: str
    domain: str
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Post:
    """One post of a blog and its truth. `id` and `url` are set once WordPress has it.

    `date` is by the blog's own clock; `picture` says whether the post has a featured one.
    """

    slug: str
    title: Line
    lines: tuple[Line, ...]
    language: str
    date: datetime
    author: str
    origin: Publisher | None = None
    cluster: str = ""
    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    status: str = "publish"
    password: str = ""
    kind: str = "post"
    pages: int = 1
    picture: bool = False
    id: int = 0
    url: str = ""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The article, repaired: what must be kept, in order."""
        return tuple(line.text for line in self.lines if line.kind == "body")

    @property
    def dropped(self) -> tuple[Line, ...]:
        """What must not be part of the article."""
        return tuple(line for line in self.lines if line.kind != "body")

    @property
    def repairs(self) -> int:
        """The damaged runs in headline and article."""
        return self.title.repairs + sum(line.repairs for line in self.lines if line.kind == "body")

    @property
    def is_public(self) -> bool:
        return self.status == "publish" and not self.password and self.kind == "post"


@dataclass(frozen=True)
class Plan:
    """A blog to be: its settings, its posts, and the set its wordings come from."""

    settings: Settings
    posts: tuple[Post, ...]
    wordings: str
    editor: str = "block"
