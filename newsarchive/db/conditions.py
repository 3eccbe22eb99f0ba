"""Which articles are seen, count, and are reserved, as conditions in SQL. Nothing else in the package decides it.

Searches, exports, figures, stories, lists, the pages of `newsarchive web` and the views of the database all ask here.

**Seen.** Readers do not see articles in quarantine that wait, those that a person dropped, and those that are withheld.
A person who names an article in quarantine by its URL or id, or asks for `hidden`, sees it nevertheless. Nobody sees a
withheld article, whose texts are also sealed. `newsarchive.db.writing.quarantine` and `newsarchive.db.writing.withhold`
decide which articles these are.

**Counted.** Of copied stories, the user chooses what counts: every article, the first article of each story, or the
blogs' own articles. A story is a cluster of copies. Its first article is the one that was published first, by its own
date, else by the time of the first crawl. That does not depend on what else narrows a search: the first copy of a story
is the same on every day and site, so that counts by site or month add up to the count of all. Articles that readers do
not see are never the first. An article is the blog's own where it names no other publisher and is no later copy of a
story.

**Reserved.** Sites reserve articles from text and data mining, as the newest fetch of their pages found it, by any of what
`core.discovery.rights` reads: TDMRep, a preference of IETF aipref, a directive `noai`, or a robots.txt that keeps crawlers for
mining and training from the page. An article whose newest answer said nothing is not reserved. Answers from before
these words were kept tell nothing of them, so their articles are not reserved either.
"""

from __future__ import annotations

from enum import StrEnum

from newsarchive.times import ONLY_MONTH

#: The ids of the articles in quarantine that readers do not see.
QUARANTINED = "SELECT article_id FROM quarantine WHERE state <> 'accepted'"
#: The ids of the articles that nobody sees: they are withheld, or were erased.
WITHHELD = "SELECT article_id FROM withholdings WHERE state <> 'lifted'"
#: The ids of the articles that readers do not see.
HIDDEN = f"{QUARANTINED} UNION ALL {WITHHELD}"


def unseen(hidden: bool = False) -> str:
    """The query of the ids that readers do not see; with `hidden` of those that nobody sees."""
    return WITHHELD if hidden else HIDDEN


def visible(key: str, hidden: bool = False) -> str:
    """The SQL condition that readers see the article whose id is the column `key`; with `hidden`, that it is not withheld."""
    return f"{key} NOT IN ({unseen(hidden)})"


class Copies(StrEnum):
    """Which copies of a story count."""

    ALL = "all"
    FIRST = "first"
    NONE = "none"


#: Given instead of a publisher: articles that name no other publisher.
OWN = "own"
#: Given instead of a publisher: articles that name another publisher.
REPUBLISHED = "republished"

#: The ids of the articles that name another publisher.
_CREDITED = "SELECT article_id FROM article_origins"


def exact_date(alias: str) -> str:
    """The SQL of the date that an article prints. NULL where it prints none or only a month.

    A date with only a month is stored as the first of that month, so a copy would look earlier than its original.
    """
    known = f"replace({alias}.date_published_source, '{ONLY_MONTH}', '') = {alias}.date_published_source"
    return f"CASE WHEN {known} THEN {alias}.date_published END"


def _moment(alias: str) -> str:
    return f"coalesce({alias}.date_published, {alias}.first_seen_at)"


def _links_original(alias: str) -> str:
    """The condition that an article is a copy which links its original: an article of the same story that names no other publisher.
    The day that such a copy prints is not believed, because it may lie before that of the original.

    The condition looks at one article, by the keys of two tables. A list of all such copies would take twice as long."""
    return (
        "EXISTS (SELECT 1 FROM article_origins AS credit JOIN articles AS source ON source.id = credit.original_id"
        f" WHERE credit.article_id = {alias}.id AND source.cluster_id = {alias}.cluster_id"
        " AND NOT EXISTS (SELECT 1 FROM article_origins AS named WHERE named.article_id = source.id)"
        f" AND {visible('source.id')})"
    )


def first_of_story(alias: str) -> str:
    """The condition that an article (a row of `articles` under this alias) is the first of its story, or has no copies."""
    earlier = (
        f"({_moment('earlier')} < {_moment(alias)}"
        f" OR ({_moment('earlier')} = {_moment(alias)} AND earlier.id < {alias}.id))"
    )
    return (
        f"({alias}.cluster_id IS NULL OR NOT {_links_original(alias)} AND NOT EXISTS (SELECT 1 FROM articles AS earlier"
        f" WHERE earlier.cluster_id = {alias}.cluster_id AND {earlier} AND {visible('earlier.id')}"
        f" AND NOT {_links_original('earlier')}))"
    )


#: The condition that an article, whose id stands as {id}, names no other publisher.
OWN_IDS = f"{{id}} NOT IN ({_CREDITED})"
#: The condition that an article, whose id stands as {id}, names another publisher.
REPUBLISHED_IDS = f"{{id}} IN ({_CREDITED})"
#: The ids of the articles that are no first copy of their story, by the index of stories and the credits.
_LATER = (
    "SELECT later.id FROM articles AS later WHERE later.cluster_id IS NOT NULL AND NOT "
    + first_of_story("later")
)


def own(alias: str) -> str:
    """The condition that an article names no other publisher."""
    return OWN_IDS.format(id=f"{alias}.id")


def counted(copies: Copies, alias: str = "a") -> list[str]:
    """The conditions that an article counts; for few articles, whose rows are read anyway."""
    return {
        Copies.ALL: [],
        Copies.FIRST: [first_of_story(alias)],
        Copies.NONE: [own(alias), first_of_story(alias)],
    }[copies]


def counted_ids(copies: Copies) -> list[str]:
    """The same condition on an article's id, which stands as {id}. It reads no row of `articles`, so it suits many articles."""
    first = f"{{id}} NOT IN ({_LATER})"
    return {Copies.ALL: [], Copies.FIRST: [first], Copies.NONE: [OWN_IDS, first]}[copies]


#: The choices of the filter `rights`.
RIGHTS = ("any", "tdm")

# The plus keeps SQLite from using the index of `parent_id`, in which nearly every capture is NULL: it would read all of
# these for each article, and the first 20 of 20,000 articles took more than 80 s.
_NEWEST = (
    "+c.parent_id IS NULL AND NOT EXISTS (SELECT 1 FROM captures AS later"
    " WHERE later.url_id = c.url_id AND (later.fetched_at > c.fetched_at OR (later.fetched_at = c.fetched_at"
    " AND later.id > c.id)) AND +later.parent_id IS NULL{same})"
)
# With the plus SQLite begins with the statements of sites. Otherwise it would go through the versions of all articles, which took
# 0.14 s for 100,000 articles without any statement.
_CAPTURES = (
    "rights AS x JOIN capture_rights AS cr ON cr.rights_id = x.id JOIN captures AS c ON c.id = +cr.capture_id"
)
#: Captures of the address of an article.
_OF_ADDRESS = f"{_CAPTURES} AND {_NEWEST.format(same='')} JOIN urls AS u ON u.id = c.url_id JOIN articles AS a ON a.url_key = u.url_key"
#: Captures of another address that led to the page of an article, as one of its versions shows: `/?p=12` redirects to the post.
_OF_REDIRECT = (
    f"{_CAPTURES} AND {_NEWEST.format(same=' AND later.final_url = c.final_url')}"
    " JOIN captures AS own ON own.url_id = c.url_id AND own.final_url = c.final_url"
    " JOIN article_revisions AS r ON r.capture_id = +own.id JOIN articles AS a ON a.id = r.article_id"
)


def said(columns: str, condition: str) -> str:
    """The query of what was said at the newest fetches of articles: rows of `columns` of `articles AS a` and `rights AS x`, each
    once. For few articles take `SAID_OF`."""
    return " UNION ".join(
        f"SELECT {columns} FROM {what} WHERE {condition}" for what in (_OF_ADDRESS, _OF_REDIRECT)
    )


#: What the newest capture of an address said.
_SAID_BY_NEWEST = (
    "(SELECT cr.rights_id FROM capture_rights AS cr WHERE cr.capture_id = (SELECT c.id FROM captures AS c"
    " WHERE c.url_id = {url_id} AND +c.parent_id IS NULL{same} ORDER BY c.fetched_at DESC, c.id DESC LIMIT 1)) AS rights_id"
)
#: What was said at the newest fetches of the articles :ids, as rows of `told.article_id` and `x.statement`. The addresses of an article
#: are gathered first, each once. Joined as they are, those of 3,000 versions with their captures took 20 s.
SAID_OF = (
    "SELECT told.article_id, x.statement FROM ("
    f"SELECT a.id AS article_id, {_SAID_BY_NEWEST.format(url_id='u.id', same='')}"
    " FROM articles AS a JOIN urls AS u ON u.url_key = a.url_key WHERE a.id IN :ids UNION SELECT page.article_id, "
    + _SAID_BY_NEWEST.format(url_id="page.url_id", same=" AND c.final_url = page.final_url")
    + " FROM (SELECT DISTINCT r.article_id, own.url_id, own.final_url FROM article_revisions AS r"
    " JOIN captures AS own ON own.id = r.capture_id WHERE r.article_id IN :ids) AS page"
    ") AS told JOIN rights AS x ON x.id = told.rights_id"
)

#: The ids of the articles that are reserved.
RESERVED = said("a.id", "x.tdm_reserved")
