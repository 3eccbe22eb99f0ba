"""Tells from one page which of its lines are no part of the article: share rows, promos, lists of links, credit lines.

`step.boilerplate_step` is the way in; what repeats on a whole site is the work of `core.site_template`.
"""
