"""What is no part of the article, told from one page; `step` is the way in."""
