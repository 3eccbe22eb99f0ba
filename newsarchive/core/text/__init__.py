"""Questions about text alone, whatever page it comes from: its scripts, words, sentences and language.

All other packages of the core may use this package, and it uses none of them. Each question is answered in one module:

- `scripts`: which script a character is of, which scripts write words without spaces, which know capitals
- `words`: how many words a text has, and where its sentences end
- `normalise`: two spellings of one text as the same string, and references to characters (`&amp;`) resolved
- `lines`: whether a line of a page is prose, link text or a quotation, which names stand in it, which lines are a list of
  records, such as games with their publishers, and the numbers by which the lines of a site's pages are compared
- `language`: which language a text is in
- `patterns`: whether any of many words or patterns stands in a text
- `diff`: what changed between two texts
- `tolerant_json`: JSON as strangers write it
- `caches`: what all caches of the core may hold together
"""
