"""Reading an archive: articles, search, statistics, who copied whom."""
