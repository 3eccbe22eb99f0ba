"""Finds the names in a byline: "By Jane Doe, Senior Reporter, and John Roe | 3 May 2024" names Jane Doe and John Roe.

A name is never an account (`admin`), a label (`Posted by`), a date, a URL, an e-mail address or a job. The words of
bylines in some fifty languages stand in `data/metadata/bylines.toml`, words that are no names in
`data/metadata/nobody.toml`.

An American byline may end with the agency or paper: "By JANE DOE Associated Press" (`split_paper`). Whether a line without a
word for "by" may be a name at all is judged in `guessed_names`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from functools import lru_cache

from newsarchive import compiled
from newsarchive.core.metadata import chinese_names, credit_labels
from newsarchive.core.metadata.byline_words import words
from newsarchive.core.text import dates
from newsarchive.core.text.normalise import key
from newsarchive.rules import Rules

#: Characters of a name; a longer text is no name ("Office of the United Nations High Commissioner for Human Rights" has 63).
MAX_NAME_CHARS = 80
#: Characters of an agency's abbreviation: "AP", "IANS".
MAX_ABBREVIATION_CHARS = 4
#: Words of a name; a text with more is no name.
MAX_NAME_WORDS = 10
#: Characters of a label before a name; a longer text is no label.
MAX_LABEL_CHARS = 30
#: Characters of an element's text that gets spaces around it; themes put single letters into elements too.
MIN_PIECE_CHARS = 4
#: Characters of a byline that are read; the rest is cut off.
MAX_BYLINE_CHARS = 1000

_URL = re.compile(
    r"https?:|www\.|^/|@\w|^[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|info|html?|php|io|de|at|ch|eu|uk|fr|es|it|nl|pl|ru|ua|blog|news)$",
    re.IGNORECASE,
)
#: An address for e-mail, in brackets or from the beginning of a word; its host has at most 253 characters (RFC 1035).
_EMAIL = re.compile(r"(?:[(<\[]|(?<![^\s@(<\[]))[^\s@(<\[]++ ?(?:@|[\[(]at[\])]) ?[^\s@]{1,253}\.\w+[)>\]]?")
#: A text in brackets at the end, also without the closing bracket: "Jane Doe (Brussels".
_BRACKETS = re.compile(r"\s*[(\[（][^()\[\]（）]{0,80}[)\]）]?\s*$")
_EDGE = " \t\"'“”„‚‘’`-–—|·•⋅●,;:/\\*~»«<>_.…()[]&+#©®→←↗►▶▸｜：／（）【】✍✎"
_DIGITS = re.compile(r"\d{2}|^\W*\d")
#: A title behind a name: "MD", "Ph.D.", "E-RYT 200", "M.D. FACLM".
_TITLE = re.compile(r"(?:[A-Z][a-z]?\.?-?){1,8}(?:[ ,]+(?:(?:[A-Z][a-z]?\.?-?){1,8}|\d+))*")
_GLUED = re.compile(r"[^\W\d_]{4,}(?<=[a-zß-ÿ])[A-ZÀ-Þ]|[\u4e00-\u9fff]{5}")
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.-])*")
#: A name with the paper that its owner writes for: "Jane Doe for the Harbour Post", "Reuters' Jane Doe".
_WITH_PAPER = re.compile(r"(.{5,45}?) [Ff]or (?:[Tt]he )?[A-Z].*|[A-Z]\S{1,30}(?:['’]s|s['’]) (.{5,45})")
#: The place between a name and a label that follows without a space: "Jane DoeUpdated: 3 May".
_RUN_ON = re.compile(
    r"(?<=[a-zß-ÿ])(?=(?:Updated|Published|Posted|Follow|Last|Aktualisiert|Veröffentlicht)\b)"
)
#: The number before a word that ends a name: "Jane Doe 8 min read", "Jane Doe 12 posts".
_COUNT_BEHIND = re.compile(r"(?<=[^\W\d])\s*\d{1,4}\s*$")
#: The time that a text takes, behind the name: "Jane Doe 3 Minute(s) to read".
_READING_TIME = re.compile(r"\s+\d{1,3} ?min[a-z]{0,4}(?:\(s\))?(?!\w).*", re.IGNORECASE)
#: The random name of an account: `mdelatorreq6vkpg2ma0ci`.
_ID = re.compile(r"(?=\S*[a-z]\d|\S*\d[a-z])\S{15,}")
#: A variable of a template that was never filled in, or a field of a form: `page.extra.author`, `authorEmail`.
_VARIABLE = re.compile(
    r"(?:[a-z_]+\.)+(?:author|creator|name|user)s?|(?:[a-z]+_)*author(?:_[a-z]+|[A-Z][a-z]+)+"
)
#: A name whose full stop belongs to it: "John Roe Jr."
_STOP_OF_ITS_OWN = re.compile(
    r"(?:\b[a-zA-Z]\. ?[A-Z]|\b(?:Jr|Sr|Inc|Ltd|Co|Corp)|[^\W\d_]{2} [A-Z]|\bPh\.D)$"
)
#: An account behind a name: "Jane Doe @jane", "Jane Doe (@jane)".
_HANDLE = re.compile(r"(?<=[^\W\d_]{2})[\s(\[]+@\w[\w.]{0,40}[)\]]?")
#: The pronouns of a person behind the name: "Jane Doe (she/her)", "Jane Doe (sie/ihr)".
_PRONOUNS = re.compile(r"\s*\((?:she|he|they|sie|er|elle?|il|iel|ella|él)(?: ?/ ?\w+){1,3}\)", re.I)
#: The time behind a name: "Jane Doe @ 10:20 AM" (Blogger), "Jane Doe today"; "Harbour Today" is a paper.
_AT_TIME = re.compile(
    r"\s+(?:(?:@|à|às|at|um|a las|alle|kl\.?|om|klo|o|в|о|pukul|lúc|saat)\s+\d{1,2}[:.h]\d\d|today)\b.*"
)
#: The label of the next detail behind a name: "Author: Jane Doe Date: 3 May 2024".
_NEXT_LABEL = re.compile(r"\s+([^\s:：]{2,20})\s?[:：]")
_LAST_FIRST = re.compile(r"([^\W\d_][\w'’-]+), ([^\W\d_][\w'’. -]*)")
#: The separators of the details in a line: "By Jane Doe | 3 May 2024 • 4 min read", "2024-05-03 来源：新华网作者：张三".
SEGMENT = re.compile(
    r"\s*[|｜•·⋅●∙\t\n]\s*|\s+(?:--?|[–—・])\s+|\s{3,}|(?<=\S)\s{1,2}(?=[\u3400-\u9fff]{1,6}\s?[：:])"
    r"|(?<=[^\W原文章])(?=(?:作者|责任编辑|责编)\s?[：:])|(?<=[^\W文章息闻料片件据容])(?=(?:来源|來源|出处)\s?[：:])"
)
#: Each match of `SEGMENT` holds one of these signs, or stands before one. Most lines hold none.
MAY_PART = re.compile(r"[|｜•·⋅●∙\u3400-\u9fff\s](?:(?<=\S)|(?<=[\t\n])|[-–—・\s])")
#: Latin letters beside kana or Hangul: buttons and labels, as "URL 복사". Names are written in one of them.
_TWO_WRITINGS = re.compile(r"[A-Za-z].*[\u3040-\u30ff\uac00-\ud7a3]|[\u3040-\u30ff\uac00-\ud7a3].*[A-Za-z]")
#: The words behind a Chinese reporter's name: "台北報導" ("reporting from Taipei").
_REPORTED = re.compile(r"[\u4e00-\u9fff]{0,8}(?:報導|報道|报道|專電|专电|摄影报道|電|讯|訊)")
#: The letter of an avatar right before the name that it stands for: "MMarta Oyelaran" of a page made by Notion.
_INITIAL_BEFORE = re.compile(r"^([A-ZÀ-Þ])(?=\1[a-zà-ÿ])")
#: What stands between an author and her paper: "Jane Doe | Los Angeles Times".
_PAPER_APART = re.compile(r"\s[·•|/–—-]\s")
#: What may be a Chinese, Japanese or Korean name. Its shape proves nothing, so a word such as "by" must stand beside it.
EASTERN_NAME = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3·]{2,8}")
#: What stands before the last part of a name such as "Robert Roe, Jr." and "Harbour Boats, Inc."
_BEFORE_LAST_PART = re.compile(
    r",\s+(?=(?:Jr|Sr|II|III|IV|Inc|LLC|LLP|Ltd|Corp|GmbH|PLC)\b\.?\s*(?:$|[,;|&]|and\b))"
)
#: A name that begins with a small article: "al-Assad", "el-Sisi", "d'Estaing".
_SMALL_PREFIX = re.compile(r"(?:a[dlnrstz]|e[dlrs]|[ae]sh|ul|[dlt])[-'’ʼ][A-ZÀ-Þ]")
#: How Reuters credits a picture.
_OF_REUTERS = re.compile(r"\bREUTERS\s?/\s?[A-Z]")


def names(text: str, rules: Rules, *, printed: bool = True) -> list[str]:
    """The names in a byline, in order.

    With `printed` the text is one that readers see: its first part with a name is the byline, and later names must look
    like names. A value that only programs read, such as JSON-LD, holds nothing but names.

    >>> from newsarchive import rules
    >>> names("By Jane Doe, Senior Reporter, and John Roe | 3 May 2024", rules.default())
    ['Jane Doe', 'John Roe']
    """
    text = _EMAIL.sub("", text[:MAX_BYLINE_CHARS].replace("\u00ad", "").replace("\u00a0", " ")).strip()
    text = _BEFORE_LAST_PART.sub(" ", _HANDLE.sub(", ", _AT_TIME.sub("", _PRONOUNS.sub("", text))))
    if not words(rules).translation.match(text):  # "By John Roe. Translation: Jane Doe"
        text = words(rules).behind_author.sub("", text)
    if (writing := credit_labels.writers(text, rules)) is not None:
        text = writing  # "Text: Jane Doe, photos: John Roe"
    if printed:
        labels = (m for m in _NEXT_LABEL.finditer(text) if m[1].casefold() in words(rules).details)
        if label := next(labels, None):
            text = text[: label.start()]
        text = _two_beats(rules).sub(" ", _RUN_ON.sub(" | ", text))
    if not text or _URL.search(text) or is_credit(text, rules):
        return []
    listed = [part.strip() for part in text.split(";") if part.strip()]
    # "Doe, Jane; Roe, John", as catalogues write it.
    if len(listed) > 1 and all(map(_LAST_FIRST.fullmatch, listed)):
        return [name for part in listed for name in names(part, rules, printed=printed)]
    match = _LAST_FIRST.fullmatch(text)
    # "Reuters, AFP" is no Mr Reuters.
    is_person = match and {kind_of(p, "", rules) for p in match.groups()} == {"person"}
    if match and is_person and not words(rules).role.find(match[2]):
        return [found] if (found := clean(f"{match[2]} {match[1]}", rules)) else []
    if not printed:
        return list(_declared_names(text, rules))
    parts = segments(text, rules)
    found_here = next(filter(None, (list(_printed_names(segment, rules)) for segment in parts)), [])
    if len(found_here) == 1 and " " not in found_here[0] and found_here[0].istitle():
        # The word may be a section, with people behind it: "Politics · Jane Doe, John Roe". Of one name alone it may be the town.
        people = list(_printed_names(next(parts, ""), rules))
        if len(people) > 1 and all(like_a_name(name, rules) for name in people):
            return people
    return found_here


def is_credit(text: str, rules: Rules) -> bool:
    """Whether a text credits a picture, because it names a picture agency ("Jim Watson/AFP via Getty Images"), or as Reuters credits
    its own ("REUTERS/Jane Doe")."""
    return (
        _OF_REUTERS.search(text) is not None or words(rules).pictures.find(text.replace("/", " ")) is not None
    )


def _is_labelled_picture(name: str, rules: Rules) -> bool:
    """Whether a name has the label of a picture's credit: "Photos: Jane Doe"."""
    if ":" not in name and "：" not in name:
        return False
    found = credit_labels.parts(name, rules, alone=True)
    return bool(found) and all(part.role == "pictures" for part in found)


def with_spaces(text: str, pieces: Sequence[str], rules: Rules) -> str:
    """A text with spaces around its elements, and commas between names; `pieces` are the elements' texts, in order.

    >>> from newsarchive import rules
    >>> with_spaces("Jane Doein General", ["Jane Doe", "General"], rules.default())
    'Jane Doe in General'
    >>> with_spaces("By Jane Doe John Roe", ["Jane Doe", "John Roe"], rules.default())
    'By Jane Doe, John Roe'
    """
    out, at, named = "", 0, False
    for piece in pieces:
        start = text.find(piece, at) if len(piece) >= MIN_PIECE_CHARS else -1
        if start < 0:
            continue
        between, name = text[at:start], like_a_name(piece, rules)
        out += ", " if named and name and not between.strip() else between
        if out and out[-1].isalnum():
            out += " "
        at, named = start + len(piece), name
        out += piece + " " * text[at : at + 1].isalnum()
    return out + text[at:]


@lru_cache(maxsize=1024)
def says_by(label: str, rules: Rules) -> bool:
    """Whether a label consists of words that begin bylines: "Written by", "Author(s)", "Von:"."""
    if not 0 < len(label) <= MAX_LABEL_CHARS:
        return False
    text = label.replace("(s)", "s").strip(_EDGE)
    match = words(rules).by.match(text) if text else None
    return match is not None and match.end() == len(text)


def segments(line: str, rules: Rules) -> Iterator[str]:
    """The parts of a line between dots, bars, dashes and dates, each without the words that begin a byline."""
    for part in SEGMENT.split(line):
        for piece in dates.without_date(part, rules):
            yield strip_by(piece, rules)


@lru_cache(maxsize=1024)
def strip_by(text: str, rules: Rules) -> str:
    """A text without the words before its byline: "Updated today. Written by Jane Doe" becomes "Jane Doe"."""
    if reporter := chinese_names.before_title(text):
        return reporter
    by = words(rules).by.match(text)
    if (at := words(rules).signed.find(text)) and not (by and by.end() > at[1]):  # "Автор текста:" is longer
        text = text[at[1] :]
    for _ in range(3):
        match = words(rules).by.match(text)
        if match is None or _begins_name(match[0], text[match.end() :], rules):
            break
        text = text[match.end() :]
    return text


def _begins_name(by: str, rest: str, rules: Rules) -> bool:
    """Whether a word that begins bylines is the first word of a name here: "Editor Desk", "Contributors to Wikimedia
    projects", but not "Editor: Jane Doe"."""
    tokens = rest.split()
    if by.strip().casefold() not in words(rules).weak or not tokens:
        return False
    organisations = words(rules).organisation
    goes_on = is_small(tokens[0][0]) and tokens[0] not in words(rules).particles
    return goes_on or (len(tokens) <= 2 and all(t.casefold().strip(".,") in organisations for t in tokens))


def _declared_names(text: str, rules: Rules) -> Iterator[str]:
    """The names in a value that only programs read, without degrees and jobs after a comma."""
    found = by_job = helped = False
    for i, (part, by_comma) in enumerate(_parts(text, rules)):
        if helped := _credits_translator(part, rules) or (helped and strip_by(part, rules) == part):
            continue  # "Translation: Jane Doe"
        if (alone := words(rules).translation.match(part)) and not part[alone.end() :].strip(_EDGE):
            continue
        name = clean(part, rules, printed=False)
        # `Jane Doe Staff Writer` becomes `Jane Doe`.
        job = words(rules).role.find(name)
        before = _in_title_case(name[: job[0]].strip(_EDGE)) if job else ""
        name = before if like_a_name(before, rules) and not organisation(before, rules) else name
        if i == 0 and not name and _URL.search(part):
            return  # "post.example, Frankfurt, Germany" is the address of a firm
        person, paper = split_paper(name, rules)
        if person:
            found = True
            yield clean(person, rules, printed=False)
            name = paper
        by_job = not name or (found and _is_title(name, rules, may_be_job=by_comma or by_job))
        if not by_job:
            found = True
            yield from chinese_names.people(name, rules)


def _parts(text: str, rules: Rules) -> Iterator[tuple[str, bool]]:
    """The parts of a list of people, at most 60, and whether a comma or a stroke stands before each: behind "and" or a semicolon
    comes the next person, not the job of the last one."""
    signs = ["", *words(rules).separators.findall(text)]
    parts = words(rules).separators.split(text)[:60]
    return zip(parts, (sign.strip() in ",/／、，" for sign in signs), strict=False)


def _credits_translator(part: str, rules: Rules) -> bool:
    """Whether a part of a byline names a translator, who is no author: "Translation: Jane Doe", "Translator Jane Doe"."""
    if words(rules).labelled_translator.match(part):
        return True
    found = words(rules).translation.match(part)
    return (
        found is not None
        and like_a_name(part[found.end() :].strip(_EDGE), rules)
        and not organisation(part, rules)
    )


def _printed_names(segment: str, rules: Rules) -> Iterator[str]:
    """The names in a part of a printed byline: the first text, and later texts that look like names.
    "Short rules for harbours and Poland" names nobody, and neither does "Reviewed by Jane Doe, MD"."""
    first, helped, by_job = "", False, False
    for part, by_comma in _parts(segment, rules):
        helps = words(rules).helped.find(part) or _credits_translator(part, rules)
        if helped := bool(helps) or (helped and strip_by(part, rules) == part):
            continue
        name = _without_role(clean(part, rules), rules)
        if person := split_paper(name, rules)[0]:
            name = clean(person, rules)
        by_job = not name or bool(first and _is_title(name, rules, may_be_job=by_comma or by_job))
        if by_job:
            continue
        if first and not like_a_name(name, rules) and (" " in name or " " in first or name.islower()):
            continue
        first = first or name
        # Only the first word of a phrase has a capital, as in `Personal finance`: names are not written so.
        capital, *rest = name.split()
        small = any(is_small(t[0]) and not is_particle(t, rules) for t in rest)
        if not (small and capital[0].isupper() and not organisation(name, rules)):
            yield from chinese_names.people(name, rules)


def _is_title(name: str, rules: Rules, *, may_be_job: bool) -> bool:
    """Whether a text behind a name is its owner's degree or job: "MD", "Senior Reporter", or where `may_be_job` says that one may stand
    there, "Registered Dietitian". "Victoria Principal" is a person."""
    at = words(rules).role.find(name)
    is_role = at is not None and not like_a_name(name[: at[0]].strip(_EDGE), rules)
    is_job = may_be_job and name.rpartition(" ")[2].casefold() in words(rules).jobs
    return is_role or is_job or _TITLE.fullmatch(name) is not None


@lru_cache(maxsize=1024)
def clean(name: str, rules: Rules, *, printed: bool = True) -> str:
    """A name without the words and punctuation around it, "" for a text that is no name."""
    name = _INITIAL_BEFORE.sub("", _BRACKETS.sub("", strip_by(name, rules)))
    if chinese_names.is_labelled(name, rules):
        return ""
    name = chinese_names.bare(name, rules)
    name = _READING_TIME.sub("", name) if printed else name
    if printed and (at := words(rules).end.find(name)):
        name = _COUNT_BEHIND.sub("", name[: at[0]])
    person = next(filter(None, match.groups())) if (match := _WITH_PAPER.fullmatch(name)) else ""
    if like_a_name(person, rules) and not organisation(person, rules):
        name = person
    whole, name = name, _without_initials(name.strip(_EDGE), rules)
    bare = _without_last(name, words(rules).services)  # "Jane Doe Twitter", who has a profile there
    name = bare if like_a_name(bare, rules) else name
    tokens = name.split()
    small = words(rules).particles | words(rules).before_dates
    while printed and len(tokens) > 2 and tokens[-1].islower() and tokens[-1] in small:
        tokens.pop()  # "Jane Doe le", where "le" stood before a date
        name = " ".join(tokens)
    if printed and len(tokens) > 1 and _REPORTED.fullmatch(tokens[-1]):
        name = " ".join(tokens[:-1])  # "张三 北京报道"
    half = len(tokens) // 2
    if half > 1 and tokens[:half] == tokens[half:]:
        name = " ".join(tokens[:half])  # "Jane Doe Jane Doe": once for wide windows, once for narrow ones
    if _STOP_OF_ITS_OWN.search(name) and name + "." in whole:
        name += "."
    fits = 2 <= len(name) <= MAX_NAME_CHARS and len(name.split()) <= MAX_NAME_WORDS
    if not fits or not any(map(str.isalpha, name)) or key(name) in words(rules).never:
        return ""
    if _URL.search(name) or any(pattern.fullmatch(name) for pattern in (_ID, _VARIABLE, _REPORTED)):
        return ""
    if _is_button(name, printed, rules) or is_credit(name, rules) or _is_labelled_picture(name, rules):
        return ""
    if _DIGITS.search(name) and (printed or sum(map(str.isdigit, name)) > 2 or " " not in name):
        return ""
    return _in_title_case(name.removeprefix("the "))


def _in_title_case(name: str) -> str:
    """A name of capitals alone in the usual spelling: `JANE DOE` becomes `Jane Doe`."""
    return name.title() if name.isupper() and " " in name and len(name) > 6 else name


def _without_initials(name: str, rules: Rules) -> str:
    """A name without the letters of an avatar before it and a weekday behind it.

    `CM Craig McCarthy` becomes `Craig McCarthy`, and `Jane Doe, Fri` becomes `Jane Doe`; so does `Jane Doe le sam` in time.
    """
    first, *rest = name.split() or [""]
    initials = "".join(t[0] for t in rest)[: len(first)]
    if len(rest) >= 2 and len(first) > 1 and first.isupper() and first == initials:
        name = " ".join(rest)
    before, _, last = name.rpartition(" ")
    # "Jan Freitag", "Wei Sun", "Jane H. Sun" are whole names; "J. Doe" is one without the weekday.
    given = before.split()
    whole = bool(given) and (len(given) == 1 or len(given[-1].strip(_EDGE)) == 1) and "," not in name
    day = last.casefold().strip(".,")
    is_short = day in words(rules).short_weekdays and bool(given) and given[-1] in words(rules).before_dates
    if is_short:
        name = " ".join(given[:-1]).strip(_EDGE)
    elif not whole and day in words(rules).weekdays:
        name = before.strip(_EDGE)
    return name


def _without_role(name: str, rules: Rules) -> str:
    """A printed name without a job: `Jane Doe Senior Reporter` becomes `Jane Doe`, `Staff Reporter` becomes "", and
    `Harbour Staff Writers`, an organisation, stays."""
    at = words(rules).role.find(name)
    if at is None:
        return name
    # `Jane Doe Science`: what its owner reports on stands between the name and the job.
    before = _in_title_case(_without_last(name[: at[0]].strip(_EDGE), words(rules).beats))
    if organisation(name, rules) and at != (0, len(name)):
        return before if like_a_name(before, rules) and not organisation(before, rules) else name
    return before if not before or like_a_name(before, rules) else name


def _without_last(name: str, words: Set[str]) -> str:
    """A name of more than two words without those at its end that are among `words`."""
    tokens = name.split()
    while len(tokens) > 2 and tokens[-1].casefold().strip(".,|()") in words:
        tokens.pop()
    return " ".join(tokens)


@lru_cache(maxsize=8)
def _two_beats(rules: Rules) -> re.Pattern[str]:
    """Matches the first of two things that somebody reports on: "Health and" in "Jane Doe Health and science reporter"."""
    beats = dates.any_of(words(rules).beats)
    return compiled.regex(rf"\s(?:{beats}) (?:and|&) (?=(?:{beats}) )", re.IGNORECASE)


def split_paper(name: str, rules: Rules) -> tuple[str, str]:
    """A person, and the agency or paper that the name ends with: both "" where it ends with none.

    >>> from newsarchive import rules
    >>> split_paper("JOHN ROE Associated Press", rules.default())
    ('JOHN ROE', 'Associated Press')
    >>> split_paper("Jane Doe The Canadian Press", rules.default())
    ('Jane Doe', 'The Canadian Press')
    >>> split_paper("Michael Bloomberg", rules.default())
    ('', '')
    """
    tokens = name.split()
    for at in range(2, min(len(tokens), MAX_NAME_WORDS)):
        behind = at - 1 if at > 2 and tokens[at - 1].casefold() in words(rules).before_paper else at
        person, paper = (" ".join(part).strip(_EDGE) for part in (tokens[:behind], tokens[at:]))
        # "TT" and "Uni" are names too: an abbreviation stands out only beside a name with small letters.
        stands_out = len(paper) > MAX_ABBREVIATION_CHARS or (paper.isupper() and not name.isupper())
        if stands_out and is_listed_paper(paper, rules) and like_a_name(person, rules):
            return ("", "") if organisation(person, rules) else (person, paper)
    return "", ""


def paper_behind(text: str, rules: Rules) -> str:
    """The agency or paper at the end of a byline, as printed, "" for none.

    >>> from newsarchive import rules
    >>> paper_behind("Jane Doe and John Roe The Washington Post", rules.default())
    'The Washington Post'
    """
    last = _PAPER_APART.split(words(rules).separators.split(text)[-1])[-1].strip(_EDGE)
    return last if is_listed_paper(last, rules) else split_paper(last, rules)[1]


def is_listed_paper(text: str, rules: Rules) -> bool:
    """Whether a text is the name of an agency, or of a paper that is listed with a name of two or more words."""
    known = words(rules)
    names = (key(text), key(text.strip().removeprefix("The ").removeprefix("the ")))
    return any(name in known.agency or name in known.papers for name in names)


def _is_button(name: str, printed: bool, rules: Rules) -> bool:
    """Whether a text consists of words of labels, buttons and services: "Launch Gallery", "Zurück zum Newsroom".

    The name of a service and a single label count in printed text only: a service's own blog declares it as the author, and a person
    may be called "May".
    """
    table = words(rules)
    tokens = [t.strip(".,:!?…").casefold() for t in name.split()]
    labels = table.labels, table.first, table.anywhere, table.services, table.particles
    if tokens[0] in table.first and any(t in kind for t in tokens[1:2] for kind in labels):
        return True
    if organisation(name, rules) or all(t in table.particles for t in tokens):
        return False
    if len(tokens) == 1:
        return printed and (tokens[0] in table.services or tokens[0] in table.labels)
    return all(any(t in kind for kind in labels) for t in tokens)


#: An initial: "A." of "Mary A. Brown", which is no article.
_INITIAL = re.compile(r"[^\W\d_]\.")


@lru_cache(maxsize=1024)
def like_a_name(text: str, rules: Rules) -> bool:
    """Whether a text may be the name of a person: two to five capitalised words, without a word of labels.

    >>> from newsarchive import rules
    >>> [like_a_name(t, rules.default()) for t in ("Ludwig van Beethoven", "Read More", "the ferry returns")]
    [True, False, False]
    >>> like_a_name("Mary A. Brown", rules.default()), like_a_name("A Brown Mill", rules.default())
    (True, False)
    """
    tokens = text.split()
    if not text.isascii() and _TWO_WRITINGS.search(text):
        return False
    if len(text) > 45 or not 1 < len(tokens) <= 5 or any(t.casefold().endswith(("'s", "’s")) for t in tokens):
        return False
    table = words(rules)
    if tokens[-1].casefold() in table.surnames:
        tokens = tokens[:-1]
    if tokens[0].casefold() in table.first:
        return False
    spelled = (t for t in tokens if not _INITIAL.fullmatch(t))
    if any((word := t.casefold().strip(".,:!?")) in table.labels or word in table.anywhere for t in spelled):
        return False
    if any(not _WORD.fullmatch(t) or (is_small(t[0]) and not is_particle(t, rules)) for t in tokens):
        return False
    is_upper = text.replace("Mc", "MC").isupper()  # JEFFREY McMURRAY, as agencies write
    return is_upper or not any((len(t) > 3 and t.isupper()) or _GLUED.search(t) for t in tokens)


def is_particle(word: str, rules: Rules) -> bool:
    """Whether a word without a capital belongs to a name: "van", "bin", the beginning of "al-Assad"."""
    return word.casefold() in words(rules).particles or _SMALL_PREFIX.match(word) is not None


def is_small(letter: str) -> bool:
    """Whether a letter is a small one in a script that writes names with capitals.

    Georgian does not: it has capitals in Unicode, but uses them in headings only.
    """
    return letter.islower() and not "\u10d0" <= letter <= "\u10ff"


def organisation(name: str, rules: Rules) -> bool:
    """Whether a name has a word for several people, such as "staff", also behind a hyphen: "MN-Redaktion"."""
    parts = (t.strip(".,") for t in name.casefold().split())
    return any({part, part.rpartition("-")[2]} & words(rules).organisation for part in parts)


def firm(name: str, rules: Rules) -> bool:
    """Whether a name ends in a legal form such as "Ltd". A firm makes or owns a website, and is not the author of a post."""
    last = name.replace(". ", ".").rsplit(None, 1)[-1].strip(",)").replace(".", "")
    short = len(last) < 3 and last.istitle()  # "Kim Sa" is a person, "Harbour SA" is not
    return " " in name and not short and last.casefold() in words(rules).legal


def kind_of(name: str, said: str, rules: Rules) -> str:
    """`agency`, `organisation` or `person`, by the name itself, else by `said`, the type in its source."""
    if key(name) in words(rules).agency:
        return "agency"
    is_house = is_listed_paper(name, rules) or chinese_names.is_house(name, rules)
    if organisation(name, rules) or is_house:
        return "organisation"
    return said if said in ("person", "organisation") else "person"
