"""A folder of Markdown files, one for each article, with front matter in YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from newsarchive.core.html.render import markdown
from newsarchive.export.files import safe, slug
from newsarchive.fields import row
from newsarchive.times import isoformat, written_day

if TYPE_CHECKING:
    from newsarchive.db.reading.articles import Stored


class _Dumper(yaml.SafeDumper):  # type: ignore[misc]
    """Writes a repeated value in full each time: many readers of front matter know no YAML anchors."""

    def ignore_aliases(self, data: object) -> bool:
        return True


# ISO 8601 with `T`, as in the other formats; YAML reads it as a time.
_Dumper.add_representer(
    datetime, lambda dumper, at: dumper.represent_scalar("tag:yaml.org,2002:timestamp", isoformat(at))
)
#: What is a number in YAML 1.2, as Hugo and js-yaml read it, is quoted where it is a text: PyYAML knows YAML 1.1, in which 1e5 and 08 are
#: texts.
_Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$|0o[0-7]+$"),
    list("-+.0123456789"),
)


def write_markdown(articles: Iterable[Stored], target: Path, title: str) -> int:
    """Files such as `site/2025-04-01-the-headline-17.md`: the fields in front, then the text."""
    number = 0
    target.mkdir()
    for article in articles:
        number += 1
        folder = target / safe(article.site)
        folder.mkdir(exist_ok=True)
        (folder / file_name(article)).write_text(document(article), encoding="utf-8", newline="\n")
    return number


def document(article: Stored) -> str:
    """Front matter and text. A field without a value is left out; site generators look for title and date."""
    named = {"title": article.headline, "date": article.date_published} | row(article)
    given = {name: value for name, value in named.items() if value not in ("", [], None)}
    given.pop("article_body", "")
    front = yaml.dump(given, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=1000)
    return f"---\n{front}---\n\n{markdown(article)}"


def file_name(article: Stored) -> str:
    """Day, headline and ID: `2025-04-01-the-headline-17.md`."""
    day = f"{written_day(article.date_published)}-" if article.date_published else ""
    words = slug(article.headline)
    return f"{day}{words + '-' if words else ''}{article.id}.md"
