"""Hosts below which each name is a blog of its own: `a.wordpress.com` and `b.wordpress.com` are two sites.

The Public Suffix List says the same of blogspot.com and github.io, because their owners asked for it; the owners of
the hosts below did not. The table stands in code and not in `data/`: sites are stored by what it says, so it must
not change with a user's own rule files. A host belongs here where whoever signs up gets a name of their own below it;
portals whose names are their own departments (`news.163.com`) do not.
"""

from __future__ import annotations

#: Suffixes in the notation of the Public Suffix List: `*.fc2.com` says that `name.blog12.fc2.com` is one blog.
BLOG_HOSTS: tuple[str, ...] = (
    # worldwide
    "wordpress.com", "home.blog", "news.blog", "politics.blog", "travel.blog", "food.blog", "tech.blog", "art.blog",
    "music.blog", "photo.blog", "poetry.blog", "school.blog", "science.blog", "sport.blog", "family.blog",
    "substack.com", "medium.com", "tumblr.com", "livejournal.com", "dreamwidth.org", "ghost.io", "typepad.com",
    "typepad.co.uk", "typepad.fr", "weebly.com", "squarespace.com", "strikingly.com", "jimdo.com", "jimdofree.com",
    "jimdosite.com", "webnode.com", "webnode.page", "beehiiv.com", "write.as", "bearblog.dev", "mataroa.blog",
    "micro.blog", "posthaven.com", "svbtle.com", "hashnode.dev", "edublogs.org", "blogs.com", "neocities.org",
    "tripod.com", "angelfire.com", "hypotheses.org", "noblogs.org", "page.tl",
    # French, Portuguese, Italian
    "over-blog.com", "over-blog.net", "over-blog.fr", "canalblog.com", "eklablog.com", "centerblog.net", "unblog.fr",
    "free.fr", "skyrock.com", "blogs.sapo.pt", "myblog.it",
    # German, Dutch, Nordic
    "blogsport.de", "blogsport.eu", "twoday.net", "myblog.de", "blogg.se", "blogg.no", "webnode.de", "webnode.fr",
    # Central and Eastern Europe
    "webnode.cz", "webnode.sk", "webnode.hu", "blog.cz", "blog.hu", "blox.pl", "blogger.ba", "diary.ru", "ucoz.ru",
    "narod.ru",
    # Persian
    "blogfa.com", "blogsky.com", "mihanblog.com", "persianblog.ir", "blog.ir",
    # Japanese, Korean, Chinese
    "blog.jp", "livedoor.blog", "*.fc2.com", "seesaa.net", "exblog.jp", "cocolog-nifty.com", "jugem.jp", "muragon.com",
    "typepad.jp", "tistory.com", "egloos.com", "pixnet.net", "blog.163.com", "blog.sohu.com",
)  # fmt: skip
