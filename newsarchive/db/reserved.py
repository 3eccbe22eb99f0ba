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
    " WHERE later.url_id = c.url_id AND later.id > c.id AND +later.parent_id IS NULL)"
)
#: What was said at the newest fetch of articles: `article_id`, and the columns of `rights` as `x`.
SAID = (
    "rights AS x JOIN capture_rights AS cr ON cr.rights_id = x.id JOIN captures AS c ON c.id = cr.capture_id"
    f" AND {_NEWEST} JOIN urls AS u ON u.id = c.url_id JOIN articles AS a ON a.url_key = u.url_key"
)
#: The ids of the articles that are reserved.
RESERVED = f"SELECT a.id FROM {SAID} WHERE x.tdm_reserved"
