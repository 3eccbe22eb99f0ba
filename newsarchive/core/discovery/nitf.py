"""Stories in NITF (iptc.org/standards/nitf), the format of news agencies, inside of an entry's text.

NITF parts a story (`body.content`) from its headline and byline, which would else become its first lines, and names
its elements other than HTML does.
"""

from __future__ import annotations

import re

_STORY = re.compile(r"<body\.content\b[^<>]*>(.*?)(?:</body\.content\s*>|\Z)", re.S | re.I)
#: Element of NITF → element of HTML.
_ELEMENTS = {
    "hl2": "h2",
    "bq": "blockquote",
    "media": "figure",
    "media-caption": "figcaption",
    "media-producer": "cite",
    "media-reference": "img",
}
_TAG = re.compile(
    rf"(</?)({'|'.join(map(re.escape, sorted(_ELEMENTS, key=len, reverse=True)))})(?=[\s/>])", re.I
)
_SOURCE = re.compile(r"(<img\b[^<>]*?\s)source=", re.I)


def story_of(text: str) -> str:
    """The story of a text in NITF as HTML; another text as it is.

    >>> story_of("<body.head><hedline>Ferry</hedline></body.head><body.content><p>It sails.</p></body.content>")
    '<p>It sails.</p>'
    """
    story = _STORY.search(text)
    if not story:
        return text
    html = _TAG.sub(lambda tag: tag[1] + _ELEMENTS[tag[2].lower()], story[1])
    return _SOURCE.sub(r"\1src=", html)
