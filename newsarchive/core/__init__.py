"""The pure core: bytes in, `Article` out. No Scrapy, no SQL, no files, no clock; data comes as `Rules`.

`process.STEPS` is the path of every page. Where to look:

decode       decoding sniffing charsets entities
extract      extraction parsing walking blocks markup boxes containers shapes features trees decision judging
             naming repeats pagetype reasons render
a post       whole parts filling agreement selecting
metadata     metadata claims elements head jsonld shown printed surroundings headline authors names publication
             dates language
repair       encoding repairing vote plausible runs mojibake pieces multibyte legacy torn lost fills grams
             pairs characters fallback edits
chrome       chrome phrases lines literals cues tails
origin       origin leads attribution attribution_patterns copyright publishers
fingerprint  fingerprint shingling copies comparison paraphrase
a site       template learning teaching sightings records keys heads layouts evidence
discovery    discovery urls anchors feeds sitemaps wordpress platforms links paging pagekind robots schedule
versions     diff
"""
