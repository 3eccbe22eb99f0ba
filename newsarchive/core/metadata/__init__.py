"""Headline, authors, dates, sections, pictures: what a page and its site claim, and who is believed; `step` is the way in."""
