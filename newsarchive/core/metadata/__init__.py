"""Headline, authors, dates, sections, pictures: what a page and its site claim, and which claim is believed.

A page may name one author in JSON-LD, another one in its byline and a third one in its feed. Readers collect such
claims, deciders choose among them, and every claim is kept with the reason why it won or lost. `step.read_metadata`
is the way in.
"""
