"""Scrapy commands of this project. Scrapy alone imports this package, when its command line starts."""

from newsarchive.__main__ import say_it_in_one_line

say_it_in_one_line()  # loading Scrapy, the spiders and the tables takes seconds
