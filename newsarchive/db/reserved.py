"""Which articles their sites reserved from text and data mining, as SQL: as the newest fetch of their pages found it.

A reservation is any of those that `core.discovery.rights` reads: TDMRep, a preference of IETF aipref, a directive `noai`, or a
robots.txt that keeps crawlers for mining and training from the page. Where the newest answer said nothing, nothing is reserved;
of an answer that was stored before these words were kept, nothing is known.
"""

#: The choices of the filter `rights`.
RIGHTS = ("any", "tdm")

# The plus keeps SQLite from the index of `parent_id`, in which nearly every capture is NULL: for each article it would read
# them all, and the first 20 of 20,000 articles took more than 80 s.
_NEWEST = (
    "+c.parent_id IS NULL AND NOT EXISTS (SELECT 1 FROM captures AS later"
    " WHERE later.url_id = c.url_id AND later.id > c.id AND +later.parent_id IS NULL{same})"
)
# With a plus at {of_all} SQLite begins with what was said; without one it may begin with the captures of a few articles.
_CAPTURES = "rights AS x JOIN capture_rights AS cr ON cr.rights_id = x.id JOIN captures AS c ON c.id = {of_all}cr.capture_id"
#: Captures of the address of an article.
_OF_ADDRESS = f"{_CAPTURES} AND {_NEWEST.format(same='')} JOIN urls AS u ON u.id = c.url_id JOIN articles AS a ON a.url_key = u.url_key"
#: Captures of another address that led to the page of an article, as one of its versions shows: `/?p=12` redirects to the post.
_OF_REDIRECT = (
    f"{_CAPTURES} AND {_NEWEST.format(same=' AND later.final_url = c.final_url')}"
    " JOIN captures AS own ON own.url_id = c.url_id AND own.final_url = c.final_url"
    " JOIN article_revisions AS r ON r.capture_id = {of_all}own.id JOIN articles AS a ON a.id = r.article_id"
)


def said(columns: str, condition: str, *, of_few: bool = False) -> str:
    """The query of what was said at the newest fetches of articles: rows of `columns` of `articles AS a` and `rights AS x`, each
    once.

    Say `of_few` where `condition` names some articles. Without it the query begins with what was said: it would else go through
    the versions of all articles, which took 0.14 s for 100,000 that nothing is known of.
    """
    of_all = "" if of_few else "+"
    sources = (what.format(of_all=of_all) for what in (_OF_ADDRESS, _OF_REDIRECT))
    return " UNION ".join(f"SELECT {columns} FROM {what} WHERE {condition}" for what in sources)


#: The ids of the articles that are reserved.
RESERVED = said("a.id", "x.tdm_reserved")
