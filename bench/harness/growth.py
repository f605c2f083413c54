"""How cost grows with the work: each table's points, and their measuring."""
import os
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import machine
from harness.process import Outcome, run
from harness.rows import Tools, rate

LENGTHS = {"30 s": 30, "3 min": 180, "30 min": 1_800, "3 h": 10_800}
SONGS = [1, 10, 100, 500, 5_000]
BATCHES = {"inference": [1, 4, 16, 64, 256], "training": [16, 64, 128]}
STEPS = {"inference": 10, "training": 5}
# A point that takes longer than this is measured once, a shorter one three times.
SHORT_S = 15
TITLES = {
    "growth-length": "Length of a song (mp3, 2 threads)",
    "growth-songs": "Number of songs (mp3s of 30 s)",
    "growth-inference": "Batch size, inference, RGLUformer",
    "growth-training": "Batch size, training, RGLUformer",
}


@dataclass(frozen=True)
class Point:
    """One line of a table: what was varied, and what is read off a run."""

    varied: dict[str, str | int]
    threads: int
    command: list[str]
    figures: Callable[[Outcome], dict[str, float]]


def table(key: str, tools: Tools, quick: bool) -> list[Point]:
    """The points of one table; the small ones alone for a trial."""
    if key == "growth-length":
        points = list(lengths(tools))
    elif key == "growth-songs":
        points = list(songs(tools))
    else:
        points = list(batches(key.removeprefix("growth-"), tools))
    return points[:2] if quick else points


def lengths(tools: Tools) -> Iterator[Point]:
    for name, seconds in LENGTHS.items():
        file = tools.files("mp3")[0] if seconds == 30 else tools.songs / "long" / f"{name.replace(' ', '')}.mp3"
        command = tools.ours("classify", "--json", "--threads", 2, file)

        def figures(outcome: Outcome, seconds: int = seconds) -> dict[str, float]:
            took = outcome.answer_s
            return {"seconds": took, "seconds of music a second": seconds / took, "peak MB": outcome.peak_mb}

        yield Point({"song": name}, 2, command, figures)


def songs(tools: Tools) -> Iterator[Point]:
    for count in SONGS:
        for threads in (1, 2):
            command = tools.ours("classify", "--json", "--threads", threads, "-r", tools.many / str(count))

            def figures(outcome: Outcome, count: int = count) -> dict[str, float]:
                took = outcome.answer_s
                return {"seconds": took, "songs/s": count / took, "peak MB": outcome.peak_mb}

            yield Point({"songs": count, "threads": threads}, threads, command, figures)


def batches(work: str, tools: Tools) -> Iterator[Point]:
    unit = {"inference": "clips/s", "training": "samples/s"}[work]
    for batch in BATCHES[work]:
        for threads in (1, 2):
            sizes = ("--batch", batch, "--threads", threads, "--steps", STEPS[work])
            command = tools.ours("benchmark", work, "--network", "rgluformer", *sizes, "--json")

            def figures(outcome: Outcome, batch: int = batch) -> dict[str, float]:
                return {unit: rate(batch)(outcome), "peak MB": outcome.peak_mb}

            yield Point({"batch": batch, "threads": threads}, threads, command, figures)


def measure(key: str, points: list[Point], log: Callable[[str], None]) -> dict:
    """The table as it is kept."""
    quiet, lines = machine.wait_until_quiet(60), []
    for point in points:
        found = median_of(point)
        log("  " + ", ".join(f"{name} {shortened(value)}" for name, value in found.items()))
        lines.append(found)
    return {"title": TITLES[key], "lines": lines, "quiet": quiet}


def shortened(value: str | int | float) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def median_of(point: Point) -> dict[str, str | int | float]:
    cpus = machine.cpus(point.threads)
    outcomes = [run(point.command, cpus)]
    if outcomes[0].answer_s < SHORT_S:
        outcomes += [run(point.command, cpus) for _ in range(2)]
    found = [point.figures(outcome) for outcome in outcomes]
    return point.varied | {name: statistics.median(one[name] for one in found) for name in found[0]}


def link_songs(folder: Path, songs: list[Path], count: int) -> None:
    """A folder of `count` songs that takes no room: hard links."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        song = songs[number % len(songs)]
        link = folder / f"{number:05}{song.suffix}"
        if not (link.exists() and link.samefile(song)):
            link.unlink(missing_ok=True)
            os.link(song, link)
