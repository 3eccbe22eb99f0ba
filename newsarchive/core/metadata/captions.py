"""Read the caption of a picture and the credit in it → claims.

A caption and its credit often share a box: `<figcaption>The ferry returns. <span>Jane Doe/Harbour Agency</span></figcaption>`. Programs
mark the credit by `<cite>`, by a class ("foto-author", "itemImageCredits"), or by an element of its own; in plain text a label shows it
("Photo: Jane Doe"), or a stroke between a photographer and an agency behind the last sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from newsarchive.core.metadata.claims import Claim, Place, Source
from newsarchive.core.metadata.elements import outer_element, text_of

#: Characters of a caption; a longer text is a paragraph.
MAX_CAPTION_CHARS = 600
#: Characters of a credit in an element that only stands in a caption; a longer text is the caption itself.
MAX_CREDIT_CHARS = 120
#: Elements of a figure without `<figcaption>` among which its caption is looked for; later ones are not.
MAX_CAPTION_BOXES = 20
#: Elements of a caption among which its credit is looked for; later ones are not.
MAX_CREDIT_ELEMENTS = 10
#: Selects the element of a figure that holds the credit of its picture.
_CREDIT_SELECTOR = (
    '[class*="credit" i],[class*="copyright" i],[class*="photographer" i],[itemprop~="creditText"],cite'
)
#: Selects elements that are the credit where they stand in a caption: elsewhere in a figure such classes may mean anything.
_CREDIT_IN_CAPTION = ",".join(
    f'[class*="{word}" i]'
    for word in ("author", "autor", "auteur", "source", "quelle", "byline", "photogra", "fotogra", "agency")
)
#: The label of a marked credit: "Autor: Jane Doe", "Picture source: Harbour Agency", "Photo Credit Jane Doe".
_LABEL = re.compile(
    r"(?:[^\W\d_]+ )?[^\W\d_]{3,14}\s*[:：]\s*|(?:photos?|images?|pictures?) (?:credits?|by) ", re.IGNORECASE
)
#: The same before a credit, behind the last sentence of the caption.
_LABEL_BEFORE = re.compile(r"(?:^|(?<=[.!?…)\]»”\"|])\s*)(?:[^\W\d_]+ ){0,2}[^\W\d_]{2,14}\s*[:：]\s*$")
#: "Photo: Jane Doe", "(Foto: dpa)", "© Jane Doe / Harbour Post" at the end of a caption, with no sentence behind it.
_CREDIT = re.compile(
    r"(?:^|[\s(|.–-])((?:photos?|fotos?|images?|bild(?:er)?|pictures?|credits?|crédits?|photographs?|imagen|zdjęcie|фото|写真|图)"
    r"(?:credits?|nachweis| by| credit)?\s*[:：/]\s*|©\s*)((?:(?!(?<=\w{3})\. \w)[^()|\n]){2,80})\)?\s*$",
    re.IGNORECASE,
)
#: The same without a colon, behind a sentence or a dash: "The ferry returns. Photo by Jane Doe", "Foto von Jane Doe".
_CREDIT_BY = re.compile(
    r"(?:^|[.!?…)|–—-]\s*|\()(?:(?:photos?|photographs?|images?|pictures?) by|fotos? (?:von|di|de|por|av|af|door|oleh)|photos? (?:de|par)) "
    r"((?-i:[A-ZÀ-ÞА-Я])(?:(?!(?<=\w{3})\. \w)[^()|\n]){2,60})\)?\s*$",
    re.IGNORECASE,
)
#: "Photo: Federal Archive, image 183-8100 (via Wikipedia), CC BY-SA": a caption that is a credit of any length.
_WHOLE_CREDIT = re.compile(
    r"(?:photos?|fotos?|bild(?:er)?|credits?|crédits?|фото|写真)(?:credits?|nachweis| by| credit)?\s*[:：]\s*((?:(?!(?<=\w{3})\. \w).){2,200})",
    re.IGNORECASE,
)
#: "Foto: The ferry at the old quay (Jane Doe/Harbour Post)": a label, a caption of three words or more, and its credit.
_CAPTION_AND_CREDIT = re.compile(
    r"(?:photo|foto|image|imagen|фото)\s*[:：]\s*((?:[^()\s]+ ){2,60}[^()\s]+) ?\(([^()]{2,80})\)",
    re.IGNORECASE,
)
#: "Harbour Post / Jane Doe", "Jane Doe/Harbour Post | Heron Images": a caption that consists of names with strokes or bars between them.
_NAMES_ONLY = re.compile(r"[A-ZÀ-Þ][^.!?,;:/|]{1,30}(?: ?[/|] ?[A-ZÀ-Þ][^.!?,;:/|]{1,30}){1,2}")
#: One of them has two words, or is an agency in capitals or one of those that print so: two places do not look so.
_WITH_PERSON = re.compile(
    r"[^/| ] [^/| ]|\b[A-Z]{2,}\b|\b(?:Getty|Reuters|Alamy|Shutterstock|Unsplash|Pixabay|Flickr|Imago)\b"
)
#: Such names behind the last sentence of a caption: "The ferry returns. Jane Doe/Harbour Agency".
_NAMES_BEHIND = re.compile(
    r"[.!?…][\"”»’)]? ((?:[A-ZÀ-Þ][\w.'’-]+ ){0,3}[A-ZÀ-Þ][\w'’-]+(?: ?/ ?(?:[A-ZÀ-Þ][\w.'’-]+ ){0,3}[A-ZÀ-Þ][\w'’-]+){1,2})\s*$"
)
#: The border of two words in a name such as "itemImageCaption".
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
#: Boxes beside a picture that hold its caption, in pages without `<figure>`.
_CAPTION_BOX = re.compile(
    r"(?:^|[\s_-])(?:(?:img|image|photo|foto|picture|pic)[_-]{0,2})?(?:caption|legend[ea]?)(?:$|[\s_-])|"
    r"(?:^|[\s_-])(?:img|image|photo|foto)[_-]{0,2}(?:desc(?:r|ription)?|source|subtitle|text)(?:$|\s)|"
    r"(?:^|[\s_-])pie[_-]?(?:de[_-]?)?foto(?:$|\s)",
    re.IGNORECASE,
)


def is_caption_box(box: LexborNode) -> bool:
    """Whether an element holds the caption of the picture beside it: a `<figcaption>`, one whose class says so, or the caption of an image
    in microdata (schema.org, `caption`)."""
    if box.tag == "figcaption" or "caption" in (box.attributes.get("itemprop") or "").split():
        return True
    return _CAPTION_BOX.search(_CAMEL.sub("-", box.attributes.get("class") or "")) is not None


def of_figure(figure: LexborNode) -> Iterator[Claim]:
    """Caption and credit of a figure: those of its `<figcaption>`; in a figure without one those of a box whose class says that it is a
    caption, or all that the figure says, where that is the credit of a picture: "Credit: Jane Doe / Harbour Post"."""
    caption = figure.css_first("figcaption")
    if caption is None:
        caption = next(
            (box for box in figure.css("[class]")[:MAX_CAPTION_BOXES] if is_caption_box(box)), None
        )
    if caption is None and _WHOLE_CREDIT.fullmatch(text_of(figure, MAX_CAPTION_CHARS)):
        caption = figure
    yield from claims(caption, figure)


def claims(caption: LexborNode | None, holder: LexborNode) -> Iterator[Claim]:
    """Caption and credit of a picture, "" for what it has not.

    `caption` is the element with its caption, `holder` the figure, or what stands for one, in which a credit beside the caption counts, too.
    """
    text = text_of(caption, MAX_CAPTION_CHARS) if caption is not None else ""
    marked = holder.css_first(_CREDIT_SELECTOR)
    stated = text_of(marked) if marked is not None else ""
    if not stated and caption is not None:
        stated = _credit_in(caption, text)
    if stated:
        label = _LABEL.match(stated)
        credit = _plain_credit(stated[label.end() :] if label else stated)
        text = _without(text, stated)
    else:
        credit, text = split_credit(text)
    yield Claim("image_caption", text, Source(Place.FIGURE))
    yield Claim("image_credit", credit, Source(Place.FIGURE))


def _credit_in(caption: LexborNode, text: str) -> str:
    """The text of the element of a caption that holds its credit: one whose class says so, or the last one where it is nothing but names
    with a stroke between them."""
    for element in caption.css(_CREDIT_IN_CAPTION)[:MAX_CREDIT_ELEMENTS]:
        found = text_of(element, MAX_CREDIT_CHARS)
        if found and found != text and element.mem_id != caption.mem_id and text.endswith(found):
            return found
    last = outer_element(caption, last=True)
    found = text_of(last, MAX_CREDIT_CHARS) if last is not None else ""
    return found if found != text and _NAMES_ONLY.fullmatch(found) else ""


def _without(text: str, credit: str) -> str:
    """A caption without the credit at its end, and without the label and the signs before it."""
    rest = text.removesuffix(credit)
    return rest if rest == text else _LABEL_BEFORE.sub("", rest).rstrip(" |–-(©")


def split_credit(caption: str) -> tuple[str, str]:
    """The credit at the end of a caption, "" if there is none, and the caption without it.

    >>> split_credit("The ferry returns. Photo: Jane Doe")
    ('Jane Doe', 'The ferry returns.')
    >>> split_credit("Foto: The ferry at the old quay (Jane Doe/Harbour Post)")
    ('Jane Doe/Harbour Post', 'The ferry at the old quay')
    >>> split_credit("Harbour Post / Jane Doe")
    ('Harbour Post / Jane Doe', '')
    >>> split_credit("The ferry returns. Jane Doe/Harbour Agency")
    ('Jane Doe/Harbour Agency', 'The ferry returns.')
    >>> split_credit("The ferry returns. Photo by Jane Doe"), split_credit("It was a photo by Jane Doe")
    (('Jane Doe', 'The ferry returns.'), ('', 'It was a photo by Jane Doe'))
    >>> split_credit("Fenby/Millbrook")
    ('', 'Fenby/Millbrook')
    """
    if _NAMES_ONLY.fullmatch(caption) and _WITH_PERSON.search(caption):
        return caption, ""
    if match := _CAPTION_AND_CREDIT.fullmatch(caption):
        return _plain_credit(match[2]), match[1]
    if match := _WHOLE_CREDIT.fullmatch(caption):
        return _plain_credit(match[1]), ""
    match = _CREDIT.search(caption)
    if match is None and (by := _CREDIT_BY.search(caption)):
        start = by.start() + 1 if caption[by.start()] in ".!?…)" else by.start()
        return by[1].strip(" .)"), caption[:start].rstrip(" |–—-(")
    if match is None:
        behind = _NAMES_BEHIND.search(caption)
        return (behind[1], caption[: behind.start(1)].rstrip()) if behind else ("", caption)
    return _plain_credit(match[2].strip(" .)")), caption[: match.start()].rstrip(" |–-(")


def _plain_credit(text: str) -> str:
    """A credit without its labels. There may be two: "© Foto: Jane Doe"."""
    for _ in range(2):
        if match := _CREDIT.fullmatch(text):
            text = match[2].strip(" .)")
    return text.strip(" ()©")
