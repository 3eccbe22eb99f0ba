"""Scrapy commands of this project. Scrapy alone imports this package, when its command line starts."""

from newsarchive.__main__ import say_it_in_one_line
from newsarchive.collector import set_up_collector

set_up_collector()  # loading makes half a million objects, in which the collector would look for garbage again and again
say_it_in_one_line()  # loading Scrapy, the spiders and the tables takes seconds
