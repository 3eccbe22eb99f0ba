"""Which blocks of a page are the article. `step.extract_step` answers it; the other modules serve it."""
