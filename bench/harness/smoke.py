"""Seconds instead of half an hour: do our commands print what the rows read, and does the page come out?"""
import sys
from collections.abc import Callable
from pathlib import Path

from harness import BENCH, REPOSITORY, machine, prepare, render, session, store
from harness.process import Failed, run

SONG = REPOSITORY / "crates/genrefold/assets/example.wav"
SAMPLE = BENCH / "harness/sample.json"
TINY = ("--batch", "2", "--threads", "1", "--steps", "1", "--json")
COMMANDS = {
    "training rgluformer": ("benchmark", "training", "--network", "rgluformer", *TINY),
    "training rglu-lstm": ("benchmark", "training", "--network", "rglu-lstm", *TINY),
    "inference rgluformer": ("benchmark", "inference", "--network", "rgluformer", *TINY),
    "front-end": ("benchmark", "front-end", "--steps", "1", "--json", str(SONG)),
    "gemm": ("benchmark", "gemm", "--json"),
    "classify": ("classify", "--json", "--threads", "1", str(SONG)),
}
# What the rows read of each line, and its type.
NUMBERS = {
    "training": {"batch": int, "threads": int, "ms": list},
    "inference": {"batch": int, "threads": int, "ms": list},
    "front-end": {"file": str, "clips": int, "ms": list},
    "gemm": {"threads": int, "gflops": list},
    "classify": {"file": str, "genre": str, "genres": dict, "clips": int},
}
# The sample holds a row for each verdict, a busy row, a failure and memory that grows.
ON_THE_PAGE = [
    "| **missed** |", "| reached |", "| aim reached |", "| aim missed |", "was measured on a busy machine",
    "**gemm was not measured**", "differ by 2e-05 at most", "of 30 min: 60 MB", "Cost as work grows", "## Notes",
]  # fmt: skip


def smoke(binary: Path | None) -> int:
    """Prints what failed and a closing line; 0 if nothing did."""
    program = (binary or prepare.our_program()).resolve()
    checks: dict[str, Callable[[], None]] = {
        name: lambda name=name, words=words: command_prints(name.split()[0], [str(program), *words])
        for name, words in COMMANDS.items()
    }
    checks["page"] = page_comes_out
    failed = sum(not passes(name, check) for name, check in checks.items())
    print(f"{len(checks) - failed} passed, {failed} failed")
    return 1 if failed else 0


def passes(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except (AssertionError, Failed) as reason:
        print(f"{name}: {reason}", file=sys.stderr)
        return False
    return True


def command_prints(work: str, command: list[str]) -> None:
    """One line with everything that a row reads, and figures above zero."""
    lines = run(command, machine.cpus(1)).lines
    assert len(lines) == 1, f"{len(lines)} lines, expected one"
    for name, kind in NUMBERS[work].items():
        found = lines[0].get(name)
        assert isinstance(found, kind), f"{name}: {found!r}, expected {kind}"
        if isinstance(found, list):
            assert found and all(value > 0 for value in found), f"{name}: {found}, expected figures above 0"


def page_comes_out() -> None:
    page = render.page(store.read(SAMPLE), session.NOTES.read_text(), session.names())
    missing = [text for text in ON_THE_PAGE if text not in page]
    assert not missing, f"not on the page: {missing}"
