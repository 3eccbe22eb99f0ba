"""Blogs that answer, with known truth.

plans = plan("dev", posts=40, seed=1)
with opened(plans[0]) as blog:
    blog.posts[0].url, blog.posts[0].paragraphs, blog.posts[0].dropped, blog.posts[0].origin
    blog.edit(blog.posts[0], [Line("Another text.")]); blog.trash(blog.posts[1])
"""

from __future__ import annotations

import contextlib
import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from tests.wordpress.server import Settings, WordPress
from tests.wordpress.truth import Line, Plan, Post, Publisher
from tests.wordpress.writing import SETS, plan, simple, unpublished

__all__ = ["SETS", "Blog", "Line", "Plan", "Post", "Publisher", "Settings", "opened", "plan", "simple"]


#: A picture of one pixel, in base64.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


@dataclass
class Blog:
    """A blog that answers. `posts` have their ids and permalinks; `others` are what must not be archived."""

    plan: Plan
    wordpress: WordPress
    posts: list[Post] = field(default_factory=list)
    others: list[Post] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.wordpress.url

    def edit(self, post: Post, lines: Sequence[Line], title: str = "") -> Post:
        """Replace a post's text, as its author would."""
        changed = replace(post, lines=tuple(lines), title=Line(title, printed=title) if title else post.title)
        content = {"post_content": markup(changed, self.plan.editor), "post_title": changed.title.printed}
        self.wordpress.run([{"do": "update", "id": post.id, "post": content}])
        self.posts[self.posts.index(post)] = changed
        return changed

    def move(self, post: Post, slug: str) -> Post:
        """Give a post another slug: WordPress redirects the old permalink to the new one."""
        [answer] = self.wordpress.run([{"do": "update", "id": post.id, "post": {"post_name": slug}}])
        moved = replace(post, slug=slug, url=answer["url"])
        self.posts[self.posts.index(post)] = moved
        return moved

    def trash(self, *posts: Post) -> None:
        self.wordpress.run([{"do": "trash", "id": post.id} for post in posts])

    def restore(self, *posts: Post) -> None:
        self.wordpress.run([{"do": "restore", "id": post.id} for post in posts])

    def delete(self, *posts: Post) -> None:
        self.wordpress.run([{"do": "delete", "id": post.id} for post in posts])

    def comment(self, post: Post, text: str) -> None:
        comment = {"comment_author": "A reader", "comment_content": text}
        self.wordpress.run([{"do": "comment", "id": post.id, "comment": comment}])


@contextlib.contextmanager
def opened(plan: Plan, extras: bool = True, host: str = "") -> Iterator[Blog]:
    """Install, fill and serve a blog; with `extras`, also what an archive must leave alone."""
    with WordPress(plan.settings, host) as wordpress:
        blog = Blog(plan, wordpress)
        others = list(unpublished(plan)) if extras else []
        wanted = [*plan.posts, *others]
        actions = [insertion(post, plan.editor) for post in wanted]
        answers = wordpress.run([*actions, *(_attachment() if extras else [])])
        done = [replace(post, id=a["id"], url=a["url"]) for post, a in zip(wanted, answers, strict=False)]
        blog.posts, blog.others = done[: len(plan.posts)], done[len(plan.posts) :]
        yield blog


def insertion(post: Post, editor: str = "block") -> dict[str, Any]:
    """The action of `php/setup.php` that inserts a post."""
    return {
        "do": "insert",
        "post": {
            "post_type": post.kind,
            "post_status": post.status,
            "post_password": post.password,
            "post_name": post.slug,
            "post_title": post.title.printed or post.title.text,
            "post_content": markup(post, editor),
            "post_date": post.date.strftime("%Y-%m-%d %H:%M:%S"),
            "author": post.author,
            "categories": list(post.categories),
            "tags": list(post.tags),
        },
        "picture": {"name": f"{post.slug}.png", "content": PIXEL} if post.picture else None,
        "comments": [{"comment_author": "A reader", "comment_content": text} for text in post.comments],
    }


def markup(post: Post, editor: str = "block") -> str:
    """A post's content as the block editor or the classic one stores it, in `post.pages` pages."""
    size = -(-len(post.lines) // post.pages)
    pages = [post.lines[at : at + size] for at in range(0, len(post.lines), size)]
    written = [
        [_written(form, list(group), editor) for form, group in groupby(page, _grouping)] for page in pages
    ]
    next_page = (
        "<!--nextpage-->"
        if editor == "classic"
        else "<!-- wp:nextpage --><!--nextpage--><!-- /wp:nextpage -->"
    )
    return f"\n\n{next_page}\n\n".join("\n\n".join(page) for page in written)


#: form → (the block's comment, HTML around all lines, HTML of each). A list is one block of many items.
FORMS = {
    "paragraph": ("paragraph", "{}", "<p>{}</p>"),
    "heading": ("heading", "{}", '<h2 class="wp-block-heading">{}</h2>'),
    "quote": ("quote", "{}", '<blockquote class="wp-block-quote"><p>{}</p></blockquote>'),
    "item": ("list", '<ul class="wp-block-list">{}</ul>', "<li>{}</li>"),
    "numbered": ("list", '<ol class="wp-block-list">{}</ol>', "<li>{}</li>"),
    "dated": ("list", '<ul class="wp-block-list">{}</ul>', "<li><em>{}</em></li>"),
    "link": ("paragraph", "{}", '<p><a href="https://elsewhere.example/{slug}">{}</a></p>'),
    "bold": ("paragraph", "{}", "<p><strong>{}</strong></p>"),
    "mixed": ("paragraph", "{}", "<p><em>{first}</em> <strong>{rest}</strong></p>"),
    "break": ("paragraph", "<p>{}</p>", "{}<br>"),
    "row": ("table", '<figure class="wp-block-table"><table><tbody>{}</tbody></table></figure>', "<tr><td>{}</td></tr>"),
    "card": (
        "group",
        "{}",
        '<div class="wp-block-group card"><a href="https://elsewhere.example/{slug}"><h4>{}</h4></a></div>',
    ),
}  # fmt: skip
#: Forms whose lines are blocks of their own.
_EACH = ("paragraph", "heading", "quote", "link", "bold", "mixed", "card")


def _grouping(line: Line) -> str:
    return line.form


#: What the block editor alone writes into its elements.
_OWN_CLASS = re.compile(r' class="wp-block-[\w-]+"|(?<=class=")wp-block-[\w-]+ ')


def _written(form: str, lines: Sequence[Line], editor: str) -> str:
    texts = [html.escape(line.printed or line.text, quote=False) for line in lines]
    name, whole, element = FORMS[form]
    filled = [_filled(element, text) for text in texts]
    pieces = filled if form in _EACH else [whole.format("\n".join(filled))]
    if editor == "classic":
        plain = [_OWN_CLASS.sub("", piece) for piece in pieces]
        return "\n\n".join(texts if form == "paragraph" else plain)
    return "\n\n".join(f"<!-- wp:{name} -->\n{piece}\n<!-- /wp:{name} -->" for piece in pieces)


def _filled(element: str, text: str) -> str:
    first, _, rest = text.partition(" ")
    slug = "-".join(re.findall(r"\w+", text.lower())[:5])
    return element.format(text, slug=slug, first=first, rest=rest)


def _attachment() -> list[dict[str, Any]]:
    words = "A picture of nothing, which has a page of its own because WordPress gives it one."
    picture = {
        "name": "pixel.png",
        "content": PIXEL,
        "type": "image/png",
        "title": "A pixel",
        "description": words,
    }
    return [{"do": "attach", **picture}]
