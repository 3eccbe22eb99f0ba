"""Is a site broken that answers as if nothing were wrong? Its posts are compared with what it gave before."""
