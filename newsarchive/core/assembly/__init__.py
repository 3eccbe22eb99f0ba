"""One article out of several pages, and of what the site's feed and API say of the post."""
