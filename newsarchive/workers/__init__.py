"""Processes that read pages: the steps of the core, from bytes to an article, beside the process that crawls or rereads.

`worker` is what such a process does with a page, `pool` starts the processes and survives one that hangs or dies,
`preload` is what they find done, and `stored_pages` gives them pages from the archive in place of the network.
"""
