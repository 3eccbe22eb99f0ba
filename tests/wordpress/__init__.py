"""A real WordPress for tests and benchmarks: Debian's package, MariaDB, PHP's own server, known truth.

`server` installs and serves one blog, `blogs` says what stands in it and what must come out of it,
`prose` writes the articles, `clutter` what blogs put around them.
"""
