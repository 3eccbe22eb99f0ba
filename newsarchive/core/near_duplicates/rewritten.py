"""Is a text another one in which many words or letters were changed?

It is told by what stands in both texts in the same order. A copy in which thirty words in a hundred were replaced
keeps a third of its runs of three words, and so do two versions of a running story that share three paragraphs of nine. The
words themselves tell the two apart: seven in ten of the copy's stand in the original in the same order, while reports of
different papers on one event have a fifth to a third in common that way, most of them small words. That is the length of the
longest common subsequence (Hunt, McIlroy, "An algorithm for differential file comparison", 1976), counted with bits by
rapidfuzz (Hyyrö, "Bit-parallel LCS-length computation revisited", 2004).

Where letters were misread, as by OCR, words break and letters stay: then the subsequence of letters is asked. Scripts
without spaces are compared by their characters.
"""

from __future__ import annotations

from collections import Counter
from math import ceil

from newsarchive.core.near_duplicates.fingerprint import has_spaces
from newsarchive.core.text.normalise import normalise

#: Share of the shorter text's words that stand in the longer one in the same order, 0 to 1. From here on it is a copy.
#: On texts that were looked at, copies with 30 words in a hundred replaced have 0.61 to 0.78, reports on one matter 0.37 at
#: most (`benchmarks/rewriting.py`).
MIN_ALIGNED_WORDS = 0.55
#: Times that a word stands in a text for it to be one of its own. Small words and a template's stand there more often, and texts that
#: share those alone are no copies; the same share of a text's own words must stand in the other one.
_MAX_TIMES_OF_OWN_WORD = 2
#: Own words of the shorter text; with fewer, nothing is proved.
_MIN_OWN_WORDS = 20
#: Share of the shorter text's characters that stand in the longer one in the same order, in scripts without spaces between
#: words. Copies with 30 words in a hundred replaced have 0.66 or more, texts on different matters 0.43 at most (Thai, whose
#: letters are few).
MIN_ALIGNED_CHARACTERS = 0.6
#: Share of the words in the same order from which on letters are compared. Where ten letters in a hundred are misread, 0.45 of
#: the words stay as they are.
_MIN_WORDS_MISREAD = 0.4
#: Share of the letters that must then stand in both in the same order. With ten in a hundred misread it is 0.90, in reports on
#: one matter 0.65 at most.
_MIN_LETTERS_MISREAD = 0.8
#: Words that are compared, from the beginning of each text: time grows with the product of the lengths.
_MAX_WORDS = 5_000
#: Characters that are compared, from the beginning of each text, for the same reason.
_MAX_CHARACTERS = 20_000


def is_rewritten(a: str, b: str) -> bool:
    """Whether one of two body texts of similar length is the other one with many words or letters changed."""
    from rapidfuzz.distance.LCSseq import similarity

    first, second = normalise(a), normalise(b)
    if not (has_spaces(first) and has_spaces(second)):
        x, y = (text.replace(" ", "")[:_MAX_CHARACTERS] for text in (first, second))
        shorter = min(len(x), len(y))
        return shorter > 0 and similarity(x, y) >= MIN_ALIGNED_CHARACTERS * shorter
    words, others = first.split()[:_MAX_WORDS], second.split()[:_MAX_WORDS]
    shorter = min(len(words), len(others))
    # Below the bound of the last condition it gives 0, as soon as it is sure of it: in half of the time.
    aligned = similarity(words, others, score_cutoff=ceil(_MIN_WORDS_MISREAD * shorter))
    if aligned >= MIN_ALIGNED_WORDS * shorter:
        times = Counter(words) | Counter(others)  # the greater of both numbers
        own = [[word for word in text if times[word] <= _MAX_TIMES_OF_OWN_WORD] for text in (words, others)]
        fewest = min(map(len, own))
        if fewest >= _MIN_OWN_WORDS and similarity(*own) >= MIN_ALIGNED_WORDS * fewest:
            return True
    if aligned < _MIN_WORDS_MISREAD * shorter:
        return False
    first, second = first[:_MAX_CHARACTERS], second[:_MAX_CHARACTERS]
    enough = _MIN_LETTERS_MISREAD * min(len(first), len(second))
    return similarity(first, second, score_cutoff=ceil(enough)) >= enough
