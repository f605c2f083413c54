"""One call of `bench/run`: prepares, measures what was chosen, keeps it, writes the page."""
import argparse
import datetime
import shlex
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from harness import BENCH, WORKSHOP, agree, growth, interleave, machine, prepare, render, store
from harness.process import Failed
from harness.rows import Sizes, Tools, rows

PAGE, NOTES = BENCH / "RESULTS.md", BENCH / "notes.md"
FULL, QUICK = Sizes(), Sizes(steps=3, songs=10)
AGREEMENT = "agreement"
# A part of what is kept, a name in it, and what measures it.
Task = tuple[str, str, Callable[[], dict]]


def names() -> list[str]:
    """All that can be measured, in the order of the page."""
    nowhere = tools(Path("genrefold"), Path("python"))
    return [AGREEMENT, *(row.key for row in rows(nowhere, FULL)), *growth.TITLES]


def tools(binary: Path, python: Path) -> Tools:
    return Tools(binary, python, WORKSHOP / "songs", WORKSHOP / "onnx", WORKSHOP / "many")


def measure(options: argparse.Namespace) -> int:
    """Measures what was chosen; what fails is named on the page, and the others go on."""
    chosen = choose(options.only)
    python = options.python.absolute() if options.python else prepare.peers()
    binary = options.binary.resolve() if options.binary else prepare.our_program()
    page, results = outputs(options)
    kept = store.load(results, machine.describe(python))
    sizes, found = (QUICK if options.quick else FULL), tools(binary, python)
    prepare.everything(found, options.songs, sizes.songs)
    failures = 0
    for part, name, work in tasks(found, sizes, options):
        if name not in chosen:
            continue
        say(name)
        try:
            store.put(kept, part, name, work() | circumstances(options))
        except Failed as failed:
            say(f"  failed: {failed}")
            store.put(kept, "failures", name, {"reason": str(failed)})
            failures += 1
        store.save(kept, results)
    write_page(kept, page)
    return 1 if failures else 0


def write_again(options: argparse.Namespace) -> int:
    """The page from what was measured before."""
    page, results = outputs(options)
    write_page(store.read(results), page)
    return 0


def write_page(kept: dict, page: Path) -> None:
    page.write_text(render.page(kept, NOTES.read_text(), names()))
    say(f"written: {page}")


def choose(prefixes: list[str] | None) -> list[str]:
    """The names that begin with one of the given words."""
    known = names()
    for prefix in prefixes or []:
        if not any(name.startswith(prefix) for name in known):
            raise SystemExit(f"--only {prefix}: no such row; there are {', '.join(known)}")
    return [name for name in known if not prefixes or name.startswith(tuple(prefixes))]


def outputs(options: argparse.Namespace) -> tuple[Path, Path]:
    """The page and its figures. A trial must not touch the real ones."""
    page = options.out or (WORKSHOP / "QUICK.md" if options.quick else PAGE)
    return page, BENCH / "results.json" if page == PAGE else page.with_suffix(".json")


def tasks(found: Tools, sizes: Sizes, options: argparse.Namespace) -> Iterator[Task]:
    """Everything that can be measured."""
    rounds = 1 if options.quick else options.rounds
    yield AGREEMENT, AGREEMENT, partial(agree.measure, found)
    for row in rows(found, sizes):
        yield "rows", row.key, partial(interleave.measure, row, rounds, say)
    for key in growth.TITLES:
        yield "growth", key, partial(growth.measure, key, growth.table(key, found, options.quick), say)


def circumstances(options: argparse.Namespace) -> dict[str, str]:
    """When, from which code, on which songs and how: without this machine's own paths."""
    paths = {str(path) for path in (options.songs, options.out, options.binary, options.python) if path}
    words = ["PATH" if word in paths else word for word in sys.argv[1:]]
    return {
        "date": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d"),
        "commit": machine.commit(),
        "songs": "real songs" if options.songs else "synthesised songs",
        "command": shlex.join(["bench/run", *words]),
    }


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
