"""The pure core: bytes in, `Article` out. No Scrapy, no SQL, no files, no clock; data comes as `Rules`.

`process.STEPS` is the path of every page. The modules here are the steps and the ways in; what each is made of
stands in a package beside it:

                                text/       scripts, words, sentences, folding, language: what text is, on any page
decoding, charsets, encoding    repairs/    bytes to text; what is damaged, and its repair
extraction                      pages/      a page as blocks, which of them are the article, its HTML
metadata                        facts/      who, when, in which language, under which headline
chrome                          clutter/    labels for what is no article
origin                          origins/    who published first, by what evidence
fingerprint                     twins/      copies, and what they changed
template                        furniture/  what a site's own pages teach of it
discovery, urls                 sources/    where posts are found, and when to look again
process                         posts/      a post over several pages, and what its feed or API says of it
bloghosts                                   hosts below which each name is a blog of its own
"""
