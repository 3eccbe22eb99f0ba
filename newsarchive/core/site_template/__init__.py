"""Learns what a site repeats on its pages, and takes it out of each of them.

`observations` records each page, `learner` makes a `model.Template` of a window of them, and `template` applies it to one
page and tells which pages a new template may change. `evidence` judges lines that repeat, `lists` and `layouts` what
stands together and where, `conventions` which picture, description and keywords are the site's, and `portable` gives
what was learned as CSS selectors for other programs.
"""
