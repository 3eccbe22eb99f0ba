"""What the fork-server, or the server of spiders, does once, so that each worker process finds it done (see `pool`).

A process reads its first page in 700 ms, because tables and patterns are made ready when they are first asked for, and
the second in 60. So one page of the demo blog is read here, and all processes share what came of it, 55 MB. The model of
languages, which that page does not need and most crawls do, is mapped from a file, which is written here if need be.

    python -m newsarchive.workers.preload     # writes what processes find ready (see `compiled` and `mapped`)

Nothing else may import this module: it sets the garbage collector of its process.
"""

from newsarchive import demo, rules
from newsarchive.core.site_template.model import Template
from newsarchive.core.text import language
from newsarchive.exceptions import NotAnArticle
from newsarchive.items import Capture
from newsarchive.plugins import steps
from newsarchive.workers.collector import set_up_collector
from newsarchive.workers.worker import read

#: Where the page that is read says that it stands.
HOME = "https://demo.example"

for _path, (_, _body) in demo.pages(HOME).items():
    try:
        read(Capture(HOME + _path, _body), Template("demo.example"), rules.default(), steps(()))
        break
    except NotAnArticle:  # the front page
        continue
language.detect("The ferry that left the town on Monday was late. " * 4)
set_up_collector()
