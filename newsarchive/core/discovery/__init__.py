"""Where a site's posts are listed, and when to look again; `find` is the way in."""
