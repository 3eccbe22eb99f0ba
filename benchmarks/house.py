"""What a change of the package's form has reached: sizes, circles of imports, fragments.

    python -m benchmarks.house                  # this tree
    python -m benchmarks.house BEFORE AFTER     # two trees side by side

A tree is a folder with `newsarchive/` and `tests/`. Everything is read from the source; nothing is imported.
"""

from __future__ import annotations

import argparse
import ast
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

PACKAGE = "newsarchive"
#: How many of the longest modules are shown.
LONGEST_SHOWN = 5
#: Lines of the body of a function, its docstring left out, up to which it counts as short.
MAX_SHORT_LINES = 3
Function = ast.FunctionDef | ast.AsyncFunctionDef
Graph = Mapping[str, set[str]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("path", nargs="*", type=Path, default=[Path()], help="one tree, or two to compare")
    trees = [measured(path) for path in parser.parse_args().path[:2]]
    for name in trees[0]:
        print(f"{name:44}" + "".join(f"{tree[name]!s:>14}" for tree in trees))


def measured(tree: Path) -> dict[str, object]:
    """The figures of one tree, by what they count."""
    sources = {module(path, tree): path.read_text("utf-8") for path in sorted((tree / PACKAGE).rglob("*.py"))}
    if not sources:
        raise SystemExit(f"{tree}: no Python files in {tree / PACKAGE}")
    trees = {name: ast.parse(text) for name, text in sources.items()}
    lengths = {name: text.count("\n") for name, text in sources.items()}
    tests = sum(path.read_text("utf-8").count("\n") for path in (tree / "tests").rglob("*.py"))
    files, code = {name: imported(name, one, trees) for name, one in trees.items()}, sum(lengths.values())
    functions = [node for parsed in trees.values() for node in ast.walk(parsed) if isinstance(node, Function)]
    private, once = private_functions(trees)
    tuples, names = tuple_constants(trees)
    found: dict[str, object] = {
        "files": len(sources),
        "lines": code,
        "lines of tests for one of code": f"{tests / code:.2f}",
        "circles of files": len(circles(files)),
        "circles of packages": len(circles(of_packages(files, trees))),
        f"functions of 1 to {MAX_SHORT_LINES} lines": sum(is_short(one) for one in functions),
        "private functions": private,
        "private functions used once": once,
        "constants set in tuples": names,
        "lines that set constants in tuples": tuples,
    }
    longest = sorted(lengths.items(), key=lambda pair: -pair[1])[:LONGEST_SHOWN]
    for place, (name, length) in enumerate(longest, 1):
        found[f"longest module {place}, lines"] = length
        print(f"# {tree.resolve().name}: longest module {place} is {name}")
    return found


def module(path: Path, tree: Path) -> str:
    return ".".join(path.relative_to(tree).with_suffix("").parts).removesuffix(".__init__")


def imported(name: str, parsed: ast.Module, known: Mapping[str, ast.Module]) -> set[str]:
    """The modules of the package that a file imports, inside functions too; those for type checks alone are left out."""
    typing_only = {
        id(node)
        for block in ast.walk(parsed)
        if isinstance(block, ast.If) and ast.unparse(block.test).endswith("TYPE_CHECKING")
        for child in block.body
        for node in ast.walk(child)
    }
    found: set[str] = set()
    for node in ast.walk(parsed):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            wanted = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {one if one in known else node.module for one in wanted}
    return {one for one in found if one in known and one != name}


def of_packages(files: Graph, known: Mapping[str, ast.Module]) -> Graph:
    """The same arrows between folders; a file at the top of the package stands for itself, as a shell above them.
    An arrow between a folder and one that holds it does not count."""

    def folder(name: str) -> str:
        holder = name.rpartition(".")[0]
        is_package = any(other.startswith(name + ".") for other in known)
        return name if is_package or holder in ("", PACKAGE) else holder

    graph: dict[str, set[str]] = defaultdict(set)
    for name, others in files.items():
        for here, there in ((folder(name), folder(other)) for other in others):
            if not f"{here}.".startswith(f"{there}.") and not f"{there}.".startswith(f"{here}."):
                graph[here].add(there)
    return graph


def circles(graph: Graph) -> list[frozenset[str]]:
    """Sets of more than one module that reach each other (strongly connected components)."""
    reach = {name: set(reached(name, graph)) for name in graph}
    together = {frozenset(o for o in reach[name] if name in reach.get(o, ())) for name in graph}
    return [one for one in together if len(one) > 1]


def reached(name: str, graph: Graph) -> Iterator[str]:
    seen, left = set(), list(graph.get(name, ()))
    while left:
        if (one := left.pop()) not in seen:
            seen.add(one)
            left += graph.get(one, ())
            yield one


def is_short(function: Function) -> bool:
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    return bool(body) and (body[-1].end_lineno or 0) - body[0].lineno < MAX_SHORT_LINES


def private_functions(trees: Mapping[str, ast.Module]) -> tuple[int, int]:
    """How many functions have names that begin with one underscore, and how many of them their file uses once."""
    total = once = 0
    for parsed in trees.values():
        nodes = list(ast.walk(parsed))
        used = Counter(node.id for node in nodes if isinstance(node, ast.Name))
        used += Counter(node.attr for node in nodes if isinstance(node, ast.Attribute))
        own = [n.name for n in nodes if isinstance(n, Function) and n.name[:1] == "_" != n.name[1:2]]
        total, once = total + len(own), once + sum(used[name] == 1 for name in own)
    return total, once


def tuple_constants(trees: Mapping[str, ast.Module]) -> tuple[int, int]:
    """Statements of modules that set several constants at once, and how many constants those are."""
    targets = [s.targets[0] for t in trees.values() for s in t.body if isinstance(s, ast.Assign)]
    rows = [[n.id for n in t.elts if isinstance(n, ast.Name)] for t in targets if isinstance(t, ast.Tuple)]
    rows = [row for row in rows if row and all(name.isupper() for name in row)]
    return len(rows), sum(map(len, rows))


if __name__ == "__main__":
    main()
