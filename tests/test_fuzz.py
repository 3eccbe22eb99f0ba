"""What strangers publish, changed at random: it raises no exception, and what is found once stays mended.

`python -m benchmarks.fuzz --minutes 60 --save found/` looks for more, and `--case` prints the line for `cases/fuzz.json`.
"""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import fuzz
from benchmarks.fuzz_mutations import mutant
from benchmarks.fuzz_targets import TARGETS

CASES = json.loads((Path(__file__).parent / "cases" / "fuzz.json").read_text(encoding="utf-8"))

#: Inputs of a target in this test: what takes about half a second of an idle core.
INPUTS = {"extract": 20, "steps": 20, "store": 10, "listing": 100, "repair": 100, "sitemap": 200, "feed": 200}
MAX_BYTES = 8_192


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["label"])
def test_what_was_found_once(case: dict[str, str]) -> None:
    TARGETS[case["target"]].run(case["input"].encode("utf-8", "surrogateescape"))


@pytest.mark.slow
@pytest.mark.parametrize("name", TARGETS)
def test_changed_inputs(name: str) -> None:
    seeds = [seed for seed in TARGETS[name].seeds() if len(seed) <= MAX_BYTES]
    for index in range(INPUTS.get(name, 500)):
        data = mutant(seeds, random.Random(f"{name}/{index}"), MAX_BYTES)
        try:
            TARGETS[name].run(data)
        except Exception as error:
            error.add_note(f"the input: {data!r}")
            raise


def test_the_same_seed_gives_the_same_inputs_within_the_bound() -> None:
    seeds = list(TARGETS["feed"].seeds())
    made = [[fuzz.made("feed", seeds, 7, 0, index, 4096) for index in range(50)] for _ in range(2)]
    assert made[0] == made[1]
    assert made[0][: len(seeds)] == seeds
    assert max(map(len, made[0])) <= 4096
    assert len(set(made[0])) > 40


def test_a_finding_is_made_smaller_and_keeps_its_harm() -> None:
    def run(data: bytes) -> None:
        if b"<x" in data and b"&" in data:
            raise RuntimeError("found")

    data = b"a" * 500 + b"<x" + b"b" * 500 + b"&" + b"c" * 500
    harm = fuzz.tried(run, data)
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0), "the system would end this process later"
    assert harm is not None
    assert harm[0].startswith("RuntimeError at")
    assert fuzz.minimised(run, data, harm[0]) == b"<x&"


@pytest.mark.slow
def test_an_input_that_does_not_end_ends_its_process() -> None:
    code = "import re; from benchmarks import fuzz; fuzz.KILL_SECONDS = 0.3; fuzz.tried(lambda _: re.match('(a+)+b', 'a' * 40), b'')"
    done = subprocess.run([sys.executable, "-c", code], timeout=120, check=False)
    assert done.returncode == -signal.SIGVTALRM


def test_a_saved_finding_becomes_a_case(tmp_path: Path) -> None:
    fuzz.saved(
        fuzz.Finding("url", "url: ValueError at urls.py:url_key", b"http://\xff\xc3\xa9", "traceback"),
        tmp_path,
    )
    (file,) = tmp_path.glob("url-*.bin")
    case = json.loads(fuzz.case(file))
    assert case["target"] == "url"
    assert case["input"].encode("utf-8", "surrogateescape") == b"http://\xff\xc3\xa9"
