"""Where a site lists its posts, what a page is, and when to look again. `find` gives the names that other packages use."""
