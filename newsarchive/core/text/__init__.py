"""What text is, whatever page it comes from: its scripts, words, sentences, language, and what it is compared by.

Every other package of the core may use this one, and it uses none of them. There is one answer to each question:

- `scripts`: which script a character is of, which scripts write words without spaces, which know capitals
- `words`: how many words a text has
- `sentences`: where sentences end
- `normalise`: two spellings of one text as the same string
- `lines`: what one line of a page looks like
- `line_keys`: the numbers by which the lines of a site's pages are compared
- `language`: which language a text is in
- `patterns`: many words or patterns looked for at once
- `diff`: what changed between two texts
"""
