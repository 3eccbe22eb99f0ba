"""Fields and lines of whole pages, where the labels of the text's blocks decide: signatures, standfirsts, captions, credits, tags."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from newsarchive import extract

CASES = json.loads(
    (Path(__file__).parents[2] / "cases/metadata/whole-pages.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["label"]) for case in CASES])
def test_whole_page(case: dict[str, Any]) -> None:
    article = extract(html="".join(case["html"]), url="https://blog.example/a-post/")
    found = {
        "authors": [author.name for author in article.authors],
        "description": article.description,
        "image": article.image.url if article.image else "",
        "caption": article.image.caption if article.image else "",
        "credit": article.image.credit if article.image else "",
        "keywords": list(article.keywords),
        "section": article.article_section,
        "day": article.date_published.date().isoformat() if article.date_published else "",
        "published": article.date_published.isoformat() if article.date_published else "",
        "changed": article.date_modified.date().isoformat() if article.date_modified else "",
        "origin": article.origin.name if article.origin else None,
        "lines": [line for line in article.article_body.split("\n") if line.strip()],
    }
    assert {name: found[name] for name in case["expect"]} == case["expect"]
