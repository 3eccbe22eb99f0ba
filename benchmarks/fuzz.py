"""Feeds changed pages, feeds, sitemaps, API answers, WARC files, addresses and queries to newsarchive, and watches it.

    python -m benchmarks.fuzz --minutes 60 --processes 2 --save found/
    python -m benchmarks.fuzz --target url --target query --minutes 1 --seed 7
    python -m benchmarks.fuzz --data DATA/articles --target extract      # real pages are changed as well
    python -m benchmarks.fuzz --engine atheris --target feed             # guided by coverage; needs newsarchive[fuzz]

An input is a finding where it raises an exception that the part does not document, ends the process, takes more than two
seconds of CPU, or adds 500 MB to the process. A finding is made as small as it can be in a minute, written with its
traceback below --save, and told once for each place in the code. The same seed gives the same inputs. The command prints
how many inputs each target had, and ends with 1 where something was found.

A finding that is mended becomes a case: `python -m benchmarks.fuzz --case found/FILE` prints its line for
`tests/cases/fuzz.json`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.connection import Connection, wait
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from benchmarks.blog_scores import table
from benchmarks.fuzz_mutations import mutant
from benchmarks.fuzz_targets import TARGETS, Target

#: Seconds of CPU for one input; one that takes longer is a finding.
MAX_SECONDS = 2.0

#: Seconds of CPU after which an input that does not end costs its process.
KILL_SECONDS = 30

#: Megabytes by which one input may raise the most that its process ever held.
MAX_GROWTH_MB = 500

#: Megabytes of address space of a process; beyond, Python raises `MemoryError`.
MAX_PROCESS_MB = 6_000

#: Seconds of CPU of a target's turn; then the next target has its own.
TURN_SECONDS = 2.0

#: Seconds of CPU, and tries, for making one finding smaller.
MINIMISE_SECONDS = 60.0
MAX_MINIMISE_TRIES = 2_000


@dataclass(slots=True)
class Finding:
    """An input that did harm. `place` tells findings apart: the kind of harm, and where in the code."""

    target: str
    place: str
    data: bytes
    told: str


@dataclass(slots=True)
class Turn:
    """What a process did with one target in one turn: inputs, seconds of CPU, and megabytes that it holds at the end."""

    target: str
    inputs: int
    seconds: float
    megabytes: int


@dataclass(slots=True)
class Worker:
    """A process, where it tells what it found, and which input it has: the target's number and the input's."""

    process: Any
    told: Connection
    now: Any
    starts: dict[str, int] = field(default_factory=dict)


def main() -> int:
    options = arguments().parse_args()
    if options.case:
        print(case(options.case))
        return 0
    names = options.target or list(TARGETS)
    if options.engine == "atheris":
        return by_coverage(names, options)
    findings, turns = fuzzed(names, options)
    rows = [["target", "inputs", "a second", "CPU seconds", "findings"]]
    for name in names:
        inputs = sum(turn.inputs for turn in turns if turn.target == name)
        seconds = sum(turn.seconds for turn in turns if turn.target == name)
        found = sum(finding.target == name for finding in findings)
        rows.append([name, f"{inputs:,}", f"{inputs / (seconds or 1):,.0f}", f"{seconds:.0f}", str(found)])
    total, seconds = sum(turn.inputs for turn in turns), sum(turn.seconds for turn in turns)
    rows.append(["all", f"{total:,}", f"{total / (seconds or 1):,.0f}", f"{seconds:.0f}", str(len(findings))])
    print(table(rows))
    print("Megabytes that the processes held at the ends of their rounds:", *held(turns, names))
    return 1 if findings else 0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=2, help="how long (default: 2)")
    parser.add_argument(
        "--inputs",
        type=int,
        default=0,
        help="the number of inputs after which each target ends in each process",
    )
    parser.add_argument(
        "--target", action="append", choices=list(TARGETS), help="only this one; may be repeated"
    )
    parser.add_argument("--seed", type=int, default=1, help="another seed gives other inputs (default: 1)")
    parser.add_argument(
        "--first", type=int, default=0, help="number of the first input, to go on where a run ended"
    )
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--max-kb", type=int, default=64, help="kilobytes of an input at most (default: 64)")
    parser.add_argument("--save", type=Path, help="folder for what is found")
    parser.add_argument(
        "--data", type=Path, help="folder of real *.html, *.html.gz, *.txt and *.xml files to change"
    )
    parser.add_argument("--engine", choices=["mutations", "atheris"], default="mutations")
    parser.add_argument(
        "--case", type=Path, metavar="FILE", help="print the line of a test for a saved finding"
    )
    return parser


def fuzzed(names: Sequence[str], options: argparse.Namespace) -> tuple[list[Finding], list[Turn]]:
    """Everything that the processes found and did until the time is over, or Ctrl+C."""
    findings: dict[str, Finding] = {}
    turns: list[Turn] = []
    end = time.monotonic() + 60 * options.minutes
    workers = [started(number, names, options, end, {}) for number in range(options.processes)]
    console = Console(stderr=True)
    printed = time.monotonic()
    try:
        with Live(console=console, auto_refresh=False, transient=True) as live:
            while workers:
                ready = wait([worker.told for worker in workers], timeout=1)
                for worker in [one for one in workers if one.told in ready]:
                    at = workers.index(worker)
                    try:
                        news = worker.told.recv()
                    except EOFError:
                        worker.process.join()
                        if worker.process.exitcode == 0:
                            workers.remove(worker)
                            continue
                        if worker.process.exitcode == 1:
                            sys.exit("a mistake in the benchmark itself: see the traceback above")
                        news, starts = ended(worker, names, at, options)
                        workers[at] = started(at, names, options, end, starts)
                    if isinstance(news, Turn):
                        turns.append(news)
                        worker.starts[news.target] = (
                            worker.starts.get(news.target, options.first) + news.inputs
                        )
                    elif news.place not in findings:
                        findings[news.place] = news
                        saved(news, options.save)
                        console.print(f"{news.target}: {news.place} ({len(news.data):,} bytes)", markup=False)
                if console.is_terminal:
                    live.update(progress(names, turns, len(findings), end), refresh=True)
                elif time.monotonic() - printed > 60:
                    printed = time.monotonic()
                    done = sum(turn.inputs for turn in turns)
                    console.print(
                        f"{done:,} inputs, {len(findings)} findings, {(end - printed) / 60:.0f} minutes left"
                    )
    except KeyboardInterrupt:
        console.print("stopped")
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.join()
    return list(findings.values()), turns


def progress(names: Sequence[str], turns: Sequence[Turn], findings: int, end: float) -> Table:
    shown = Table(title=f"{max(0, end - time.monotonic()):.0f} seconds left, {findings} findings", box=None)
    for title in ("target", "inputs", "a second"):
        shown.add_column(title, justify="left" if title == "target" else "right")
    for name in names:
        inputs = sum(turn.inputs for turn in turns if turn.target == name)
        seconds = sum(turn.seconds for turn in turns if turn.target == name)
        shown.add_row(name, f"{inputs:,}", f"{inputs / (seconds or 1):,.0f}")
    return shown


def held(turns: Sequence[Turn], names: Sequence[str]) -> list[str]:
    """About ten figures over the run: what the processes held when the last of the targets had had its turn."""
    ends = [turn.megabytes for turn in turns if turn.target == names[-1]]
    return [f"{megabytes:,}" for megabytes in ends[:: max(1, len(ends) // 10)]]


def started(
    number: int, names: Sequence[str], options: argparse.Namespace, end: float, starts: dict[str, int]
) -> Worker:
    context = multiprocessing.get_context("spawn")
    told, tell = context.Pipe(duplex=False)
    now = context.Array("q", 2, lock=False)
    process = context.Process(target=work, args=(tell, now, number, list(names), vars(options), end, starts))
    process.start()
    tell.close()
    return Worker(process, told, now, dict(starts))


def ended(
    worker: Worker, names: Sequence[str], number: int, options: argparse.Namespace
) -> tuple[Finding, dict[str, int]]:
    """The finding of a process that an input ended, and where its successor goes on: behind that input."""
    name, index = names[worker.now[0]], worker.now[1]
    code = -worker.process.exitcode if worker.process.exitcode < 0 else worker.process.exitcode
    how = signal.Signals(code).name if worker.process.exitcode < 0 else f"exit {code}"
    place = (
        f"{name}: did not end in {KILL_SECONDS} s"
        if how == "SIGVTALRM"
        else f"{name}: process ended by {how}"
    )
    data = made(
        name, seeds_of(TARGETS[name], options.data), options.seed, number, index, 1024 * options.max_kb
    )
    return Finding(name, place, data, how), worker.starts | {name: index + 1}


def work(
    tell: Connection,
    now: Any,
    number: int,
    names: list[str],
    options: dict[str, Any],
    end: float,
    starts: dict[str, int],
) -> None:
    """One process: the targets in turn, until the time is over or each has had its inputs."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGPROF, lambda _, frame: places.append(place_of(frame)))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_PROCESS_MB * 2**20,) * 2)
    seeds = {name: seeds_of(TARGETS[name], options["data"]) for name in names}
    counts = {name: count(starts.get(name, options["first"])) for name in names}
    last = options["first"] + options["inputs"] if options["inputs"] else sys.maxsize
    known: set[str] = set()
    open_targets = list(names)
    while open_targets and time.monotonic() < end:
        for name in list(open_targets):
            now[0] = names.index(name)
            began, inputs = time.process_time(), 0
            for index in counts[name]:
                if index >= last:
                    open_targets.remove(name)
                    break
                now[1] = index
                data = made(name, seeds[name], options["seed"], number, index, 1024 * options["max_kb"])
                inputs += 1
                harm = tried(TARGETS[name].run, data)
                if harm is not None and f"{name}: {harm[0]}" not in known:
                    known.add(f"{name}: {harm[0]}")
                    smaller = minimised(TARGETS[name].run, data, harm[0])
                    tell.send(Finding(name, f"{name}: {harm[0]}", smaller, harm[1]))
                if time.process_time() - began > TURN_SECONDS or time.monotonic() > end:
                    break
            tell.send(Turn(name, inputs, time.process_time() - began, megabytes_held()))


#: Where in the code an input was when it had taken `MAX_SECONDS` of CPU.
places: list[str] = []


def tried(run: Callable[[bytes], None], data: bytes) -> tuple[str, str] | None:
    """The harm that an input does, and its traceback; `None` for none."""
    places.clear()
    used, peak = time.process_time(), peak_megabytes()
    # This one ends the process. A limit of CPU time (`RLIMIT_CPU`) would add up all inputs in ticks of the clock, which on a
    # crowded machine differ from `process_time` by a fifth: processes of a quarter of an hour were ended by innocent inputs.
    signal.setitimer(signal.ITIMER_VIRTUAL, KILL_SECONDS)
    signal.setitimer(signal.ITIMER_PROF, MAX_SECONDS)
    try:
        run(data)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)
        ours = [one for one in last if "/newsarchive/" in one.filename] or last
        return (
            f"{type(error).__name__} at {Path(ours[-1].filename).name}:{ours[-1].name}",
            "".join(traceback.format_exception(error))[-4000:],
        )
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    seconds, grown = time.process_time() - used, peak_megabytes() - peak
    if seconds > MAX_SECONDS:
        return f"slow at {places[0] if places else 'its end'}", f"{seconds:.1f} s of CPU"
    if grown > MAX_GROWTH_MB:
        return "memory", f"{grown:,} MB more than any input before"
    return None


def place_of(frame: Any) -> str:
    """The innermost function of newsarchive on a stack."""
    while frame is not None:
        if "/newsarchive/" in frame.f_code.co_filename:
            return f"{Path(frame.f_code.co_filename).name}:{frame.f_code.co_name}"
        frame = frame.f_back
    return "another library"


def minimised(run: Callable[[bytes], None], data: bytes, harm: str) -> bytes:
    """A shorter input that does the same harm: halves, quarters and so on are left out while the harm stays.

    An input that is slow stays slow at another place too, so any slowness counts; memory cannot be measured twice in
    one process.
    """
    if harm == "memory":
        return data
    kind = "slow" if harm.startswith("slow") else harm
    began, tries, parts = time.process_time(), 0, 2
    while len(data) > 1 and tries < MAX_MINIMISE_TRIES and time.process_time() - began < MINIMISE_SECONDS:
        size = -(-len(data) // parts)
        for at in range(0, len(data), size):
            shorter = data[:at] + data[at + size :]
            tries += 1
            found = tried(run, shorter)
            if found is not None and found[0].startswith(kind):
                data, parts = shorter, max(2, parts - 1)
                break
            if time.process_time() - began > MINIMISE_SECONDS:
                break
        else:
            if size == 1:
                break
            parts = min(len(data), 2 * parts)
    return data


def made(name: str, seeds: Sequence[bytes], seed: int, process: int, index: int, max_bytes: int) -> bytes:
    """Input number `index` of a target. The seeds themselves come first, as they are."""
    if index < len(seeds):
        return seeds[index]
    return mutant(seeds, Random(f"{name}/{seed}/{process}/{index}"), max_bytes)


def seeds_of(target: Target, folder: Path | None) -> list[bytes]:
    return [*target.seeds(), *(real(target.suffix, folder) if folder and target.suffix else ())]


def real(suffix: str, folder: Path) -> Iterator[bytes]:
    import gzip

    for path in sorted(folder.rglob(f"*{suffix}")):
        yield path.read_bytes()
    for path in sorted(folder.rglob(f"*{suffix}.gz")):
        yield gzip.decompress(path.read_bytes())


def peak_megabytes() -> int:
    """The most that this process ever held; kilobytes on Linux, bytes on macOS."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // (2**20 if sys.platform == "darwin" else 2**10)


def megabytes_held() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return peak_megabytes()
    return pages * resource.getpagesize() // 2**20


def saved(finding: Finding, folder: Path | None) -> None:
    if folder is None:
        return
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{finding.target}-{hashlib.sha256(finding.place.encode()).hexdigest()[:8]}"
    (folder / f"{name}.bin").write_bytes(finding.data)
    (folder / f"{name}.txt").write_text(f"{finding.place}\n\n{finding.told}\n", encoding="utf-8")


def case(file: Path) -> str:
    """The line of `tests/cases/fuzz.json` for a saved finding; bytes that are no UTF-8 are half surrogates in it."""
    told = file.with_suffix(".txt").read_text(encoding="utf-8").splitlines()[0]
    text = file.with_suffix(".bin").read_bytes().decode("utf-8", "surrogateescape")
    return json.dumps({"label": told, "target": file.name.partition("-")[0], "input": text})


def by_coverage(names: Sequence[str], options: argparse.Namespace) -> int:
    """One target under atheris, which keeps inputs that reach new code; our mutations change them."""
    import atheris

    if len(names) != 1:
        sys.exit("--engine atheris takes one --target")
    target, seeds = TARGETS[names[0]], seeds_of(TARGETS[names[0]], options.data)

    def changed(data: bytes, max_bytes: int, seed: int) -> bytes:
        return mutant([data or b" ", *seeds], Random(seed), max_bytes)

    for module in [name for name in sys.modules if name.startswith("newsarchive.core")]:
        for value in vars(sys.modules[module]).copy().values():
            if callable(value) and getattr(value, "__module__", "") == module and hasattr(value, "__code__"):
                value.__code__ = atheris.instrument_func(value).__code__
    flags = [
        f"-max_total_time={int(60 * options.minutes)}",
        f"-max_len={1024 * options.max_kb}",
        f"-timeout={KILL_SECONDS}",
    ]
    if options.save:
        options.save.mkdir(parents=True, exist_ok=True)
        flags.append(f"-artifact_prefix={options.save}/")
    atheris.Setup([sys.argv[0], f"-seed={options.seed}", *flags], target.run, custom_mutator=changed)
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
