"""Runs one program on chosen cores: what it printed, when its last answer came, how much memory it took."""
import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from harness import REPOSITORY


class Failed(Exception):
    """A program ended badly or printed something else than JSON."""


@dataclass(frozen=True)
class Outcome:
    """What one run gave."""

    lines: list[dict]
    answer_s: float
    peak_mb: float


def run(command: list[str], cpus: set[int]) -> Outcome:
    """Runs a command to its end. The time is from its start to its last line."""
    # More threads than cores only take turns; each program gets as many as it has cores.
    environment = os.environ | {"OMP_NUM_THREADS": str(len(cpus)), "OPENBLAS_NUM_THREADS": str(len(cpus))}
    with tempfile.TemporaryFile("w+") as complaints:
        start = answered = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            cwd=REPOSITORY,
            env=environment,
            preexec_fn=lambda: os.sched_setaffinity(0, cpus),
        )
        printed = []
        for line in process.stdout:
            answered = time.perf_counter()
            printed.append(line)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            complaints.seek(0)
            last_words = " ".join(complaints.read()[-600:].replace(f"{REPOSITORY}/", "").split())
            raise Failed(f"{shown(command)}: exit code {process.returncode}: {last_words}")
    return Outcome(parsed(command, printed), answered - start, usage.ru_maxrss / 1024)


def parsed(command: list[str], printed: list[str]) -> list[dict]:
    try:
        lines = [json.loads(line) for line in printed]
    except json.JSONDecodeError as error:
        raise Failed(f"{shown(command)}: not JSON lines: {error}") from error
    if not lines:
        raise Failed(f"{shown(command)}: printed nothing")
    return lines


def shown(command: list[str]) -> str:
    """The command as one would type it in the repository; many files are one word."""
    words = [Path(command[0]).name, *(word.removeprefix(f"{REPOSITORY}/") for word in command[1:])]
    files = [word for word in words if Path(word).parent.parent.name == "songs"]
    if len(files) > 1:
        first = words.index(files[0])
        words[first : first + len(files)] = [f"{Path(files[0]).parent}/*"]
    return " ".join(words)
