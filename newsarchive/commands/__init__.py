"""Scrapy commands of this project. Scrapy alone imports this package, when its command line starts."""

from importlib import import_module

from newsarchive.__main__ import say_it_in_one_line
from newsarchive.workers.collector import set_up_collector

set_up_collector()  # loading makes half a million objects, in which the collector would look for garbage again and again
say_it_in_one_line()  # loading Scrapy, the spiders and the tables takes seconds

# Each crawl imports this module of Scrapy, which asks twice from where it is imported: Python then reads the sources of
# all callers and looks through all modules. Here both are few, which takes 65 ms less than in the midst of a crawl.
import_module("scrapy.core.downloader.handlers.http11")
