"""Bytes to text, and text that was decoded wrongly (mojibake) back to what was written: `â€™` is `’`.

`decoding.decode_step` reads the bytes of a page. `step.repair` mends a text, `step.repair_step` an article. The modules
use these words:

- A *run* is a stretch of characters beyond ASCII, with one character of context at either end.
- A *hypothesis* says which wrong codec a page was read with. A *reading* is what a hypothesis makes of part of a run.
- A *lead byte* (C2 to F4) begins a sequence of UTF-8, and *continuation bytes* (80 to BF) follow it. A *lead* is a
  character that the wrong codec made of a lead byte.
- *Legacy* text is text in an encoding older than Unicode, such as windows-1251.
- A *gain* is the evidence for a reading: how much likelier the text is afterwards. Its unit is the *nat*, the natural
  logarithm of a ratio of probabilities: 3 nats are twenty to one. A *cost* is −log of a probability, in nats.
- *Letters by pairs* are judged by `pair_model`, words by `ngram_model`.
"""
