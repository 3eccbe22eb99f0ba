"""The starting post in the shapes that blogs give a page: one builder, six layouts.

`post.html` is the page as WordPress with Jetpack and a sharing plug-in served it. The others hold
the same 31 lines in the same order in a layout of another kind, so that a rule that fits one
theme only is found out.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "pages" / "seed"
URL = "https://lfhck.example/2025/04/china-japan-and-south-korea-move-closer/"
TITLE = "China, Japan and South Korea move closer as Trump upends old ties"
BLOG = "LFHCK a.k.a LiFeHaCK"
MENU = ("Home", "News", "Technology", "About")
TRUTH = json.loads((FOLDER / "truth.json").read_text(encoding="utf-8"))


def raw_lines() -> list[str]:
    """The 31 lines as a naive scraper saw them, damage included."""
    text = (FOLDER / "post.txt").read_text(encoding="utf-8")
    return [line.strip() for line in text.split("\n") if line.strip()]


def clean_lines() -> list[str]:
    """The same lines with no damage, in the same order, from the truth."""
    wanted = [d["text"] for d in TRUTH["dropped"]] + TRUTH["paragraphs"]
    plain = {_ascii(text): text for text in wanted}
    return [plain[_ascii(line)] for line in raw_lines()]


def _ascii(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", text)


def undamaged(page: str) -> str:
    """A page with each damaged line replaced by its clean one."""
    for raw, clean in zip(raw_lines(), clean_lines(), strict=True):
        page = page.replace(html.escape(raw, quote=False), html.escape(clean, quote=False))
    return page


def wordpress() -> str:
    return (FOLDER / "post.html").read_text(encoding="utf-8")


def _page(body: str, head: str = "", attributes: str = "") -> str:
    return (
        f'<!DOCTYPE html><html{attributes} lang="en"><head><meta charset="utf-8"><title>{TITLE} | {BLOG}</title>'
        f"{head}</head><body>{body}</body></html>"
    )


def _wrap(tag: str, lines: Iterable[str], attributes: str = "") -> str:
    opening = f"<{tag} {attributes}>" if attributes else f"<{tag}>"
    return "\n".join(f"{opening}{html.escape(line, quote=False)}</{tag}>" for line in lines)


def _menu(tag: str = "div") -> str:
    return "".join(f'<{tag}><a href="/{name.lower()}/">{name}</a></{tag}>' for name in MENU)


def bare() -> str:
    """No class, no id, no sectioning element: div and p alone."""
    lines = raw_lines()
    return _page(
        f"<div><div><a href='/'>{BLOG}</a></div><div>{_menu()}</div></div>"
        f"<div><div><p>{TITLE}</p><p>April 1, 2025</p><div>{_wrap('p', lines[:18])}</div></div>"
        f"<div>{_wrap('p', lines[18:20])}</div><div>{_wrap('p', lines[20:21])}</div>"
        f"<div>{_wrap('p', lines[21:24])}</div></div>"
        f"<div>{_wrap('p', lines[24:25])}</div><div>{_wrap('div', lines[25:28])}</div>"
        f"<div>{_wrap('p', lines[28:])}</div>"
    )


def breaks() -> str:
    """An old editor: one div, paragraphs parted by two line breaks."""
    lines = [html.escape(line, quote=False) for line in raw_lines()]
    return _page(
        f"<div class='menu'>{_menu('span')}</div><h2>{TITLE}</h2>"
        f"<div class='post'>{'<br><br>'.join(lines[:18])}</div>"
        f"<div>{'<br><br>'.join(lines[18:21])}</div><div class='side'>{'<br><br>'.join(lines[21:24])}</div>"
        f"<center>{lines[24]}</center><div>{'<br><br>'.join(lines[25:])}</div>"
    )


def table() -> str:
    """A layout of nested tables, as home-made pages have."""
    lines = raw_lines()
    return _page(
        f"<table width='100%'><tr><td colspan='2'><b>{BLOG}</b></td></tr><tr><td width='150'>{_menu('p')}</td>"
        f"<td><table><tr><td><h1>{TITLE}</h1></td></tr><tr><td>{_wrap('p', lines[:18])}</td></tr></table></td></tr>"
        f"<tr><td colspan='2'>{_wrap('p', lines[18:21])}</td></tr><tr><td>{_wrap('p', lines[21:24])}</td>"
        f"<td>{_wrap('p', lines[24:])}</td></tr></table>"
    )


def cells() -> str:
    """A layout of tables without paragraphs: lines parted by one break, the article in one cell, clutter in the next."""
    lines = [html.escape(line, quote=False) for line in raw_lines()]
    return _page(
        f"<table width='100%'><tr><td><b>{BLOG}</b></td><td>{_menu('span')}</td></tr>"
        f"<tr><td colspan='2'><font size='5'><b>{TITLE}</b></font></td></tr>"
        f"<tr><td>{'<br>'.join(lines[:18])}</td><td>{'<br>'.join(lines[18:])}</td></tr></table>"
    )


def elementor() -> str:
    """A page builder: every line in five nested divs, classes of the builder only."""
    lines = raw_lines()

    def widget(line: str) -> str:
        text = html.escape(line, quote=False)
        return (
            '<div class="elementor-element elementor-widget elementor-widget-text-editor">'
            f'<div class="elementor-widget-container"><div><p>{text}</p></div></div></div>'
        )

    def section(part: list[str]) -> str:
        inner = "".join(widget(line) for line in part)
        return (
            '<section class="elementor-section elementor-top-section"><div class="elementor-container">'
            f'<div class="elementor-column"><div class="elementor-widget-wrap">{inner}</div></div></div></section>'
        )

    title = f'<div class="elementor-widget-container"><h1 class="elementor-heading-title">{TITLE}</h1></div>'
    parts = [lines[:18], lines[18:20], lines[20:21], lines[21:24], lines[24:28], lines[28:]]
    sections = "".join(section(part) for part in parts)
    return _page(
        f'<div class="elementor-nav-menu">{_menu()}</div><div class="elementor">{title}{sections}</div>'
    )


def amp() -> str:
    """An AMP page: its own components, few classes."""
    lines = raw_lines()
    return _page(
        f'<header class="amp-wp-header"><a href="/">{BLOG}</a></header><amp-sidebar id="sidebar" layout="nodisplay">'
        f'{_menu("li")}</amp-sidebar><article class="amp-wp-article"><header><h1 class="amp-wp-title">{TITLE}</h1>'
        f'</header><div class="amp-wp-article-content">{_wrap("p", lines[:18])}</div>'
        f'<footer class="amp-wp-article-footer">{_wrap("div", lines[18:21])}</footer></article>'
        f"<div>{_wrap('p', lines[21:24])}</div><footer class='amp-wp-footer'>{_wrap('p', lines[24:])}</footer>",
        head=f'<link rel="canonical" href="{URL}"><script async src="https://cdn.ampproject.org/v0.js"></script>',
        attributes=" amp",
    )


#: name → page, every one with the damage of the post.
SHAPES = {f.__name__: f for f in (wordpress, bare, breaks, table, cells, elementor, amp)}
