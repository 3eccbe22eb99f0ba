"""HTML to a tree, a tree to blocks in reading order, blocks to clean HTML and Markdown."""
