"""Lists of short lines alike (groups of a tournament, models with their facts, ten games) stay in the article whole."""

import html
import re

import pytest

from newsarchive import extract
from newsarchive.core.text.lines import record_lines
from newsarchive.items import Block

PROSE = (
    "The draw for the tournament was held on Friday evening in the capital, and the hosts will open it against the champions in June.",
    "Organisers said that all of the grounds would be ready by spring, and that the last tickets will be sold at the gates on the day.",
    "The trainers were asked what they thought of their groups, and most of them said that they would have wished for shorter journeys.",
    "The second round begins a week later, and the final is played in the new stadium beside the river, which holds seventy thousand.",
)
GROUPS = {
    "Group A": ("Mexico", "South Africa", "South Korea", "Denmark"),
    "Group B": ("Canada", "Italy", "Qatar", "Switzerland"),
    "Group C": ("Brazil", "Morocco", "Haiti", "Scotland"),
    "Group D": ("United States", "Paraguay", "Australia", "Turkey"),
}
MODELS = (
    ("Corvid 3", "Engine: 2.0 litres", "Power: 190 hp", "Price: 31,000 euros"),
    ("Heron S", "Engine: 1.6 litres", "Power: 120 hp", "Price: 24,500 euros"),
    ("Falcon X", "Engine: electric", "Power: 250 hp", "Price: 44,900 euros"),
    ("Kite GT", "Engine: 3.0 litres", "Power: 340 hp", "Price: 61,000 euros"),
)
GAMES = (
    "Elden Harbour",
    "Night Ferry",
    "Bridge of Salt",
    "The Last Orchard",
    "Stone and Tide",
    "Lanterns",
    "Paper Comet",
)


def _tags(tag, lines):
    return "".join(f"<{tag}>{line}</{tag}>" for line in lines)


LISTS = {
    "groups as lists": "".join(f"<h3>{g}</h3><ul>{_tags('li', t)}</ul>" for g, t in GROUPS.items()),
    "groups as paragraphs": "".join(f"<p><b>{g}</b></p>{_tags('p', t)}" for g, t in GROUPS.items()),
    "groups with line breaks": "".join(f"<p><b>{g}</b><br>{'<br>'.join(t)}</p>" for g, t in GROUPS.items()),
    "groups, a line each": "".join(f"<p>{g}: {', '.join(t)}</p>" for g, t in GROUPS.items()),
    "models with facts": "".join(f"<h4>{m[0]}</h4><ul>{_tags('li', m[1:])}</ul>" for m in MODELS),
    "models as paragraphs": "".join(f"<p><b>{m[0]}</b></p>{_tags('p', m[1:])}" for m in MODELS),
    "games as headings": "".join(f"<h2>{i}. {g}</h2>" for i, g in enumerate(GAMES, 1)),
    "games with a day": "".join(f"<h2>{i}. {g}</h2><p>Platform: PC</p><p>Release: {i} May 2025</p>" for i, g in enumerate(GAMES, 1)),
    "games with a publisher": "".join(
        f"<h3><a href='https://shop.example/{i}'>{g}</a></h3><p>Genre: Adventure</p><p>Publisher: Heron Games</p><p>Score: 8/10</p>"
        for i, g in enumerate(GAMES)
    ),
    "games and their platforms": "".join(f"<p><strong>{g}:</strong> PC, Switch</p>" for g in GAMES),
}  # fmt: skip
LAYOUTS = {
    "WordPress": (
        "<body class='single single-post'><nav><a href='/a'>Home</a><a href='/b'>News</a></nav><main><article class='post'>"
        "<h1 class='entry-title'>The draw is made</h1><div class='entry-content'>",
        "</div></article><aside class='widget'><h2>Recent posts</h2><ul><li><a href='/1'>A ferry at night</a></li>"
        "<li><a href='/2'>The bridge is open</a></li></ul></aside></main><footer>© Blog</footer>",
    ),
    "no classes": (
        "<body><div><h1>The draw is made</h1><div>",
        "</div></div><div><a href='/1'>More</a></div>",
    ),
}


@pytest.mark.parametrize("at_end", [False, True], ids=["between prose", "at the end"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", LISTS)
def test_no_line_of_a_list_is_lost(name, layout, at_end):
    prose = [f"<p>{text}</p>" for text in PROSE]
    parts = [*prose, LISTS[name]] if at_end else [*prose[:2], LISTS[name], *prose[2:]]
    head, foot = LAYOUTS[layout]
    page = f"<!DOCTYPE html><html><head><title>The draw is made - Blog</title></head>{head}{''.join(parts)}{foot}"
    article = extract(page.encode(), url="https://blog.example/2025/06/01/the-draw/")
    lines = [html.unescape(text).strip() for text in re.findall(r">([^<]+)<", LISTS[name])]
    assert [line for line in lines if line and line not in article.article_body] == []
    assert article.origin is None
    assert "Recent posts" not in article.article_body


def test_a_label_that_stands_once_or_between_prose_makes_no_facts():
    credit = [Block("Source: Reuters"), Block("Author: Ann Roe")]
    comments = [Block(text) for _ in range(4) for text in ("Posted by: Ann Roe", PROSE[0])]
    assert record_lines([*credit, *comments]) == frozenset()
