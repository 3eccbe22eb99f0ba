"""From HTML to a tree, from the tree to blocks in reading order, from blocks to clean HTML and Markdown."""
