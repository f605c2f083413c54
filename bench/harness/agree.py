"""Do both sides do the same work? Their probabilities for the same songs say it."""
from pathlib import Path

from harness import machine
from harness.process import Outcome, run
from harness.rows import Tools


def measure(tools: Tools) -> dict[str, int | float]:
    """The largest difference of any probability; on flac, which every decoder reads alike."""
    folder, cpus = tools.songs / "flac", machine.cpus(2)
    ours = by_file(run(tools.ours("classify", "--json", "-r", folder), cpus))
    theirs = by_file(run(tools.peer("many_songs.py", folder), cpus))
    differences = [abs(ours[song][genre] - value) for song in ours for genre, value in theirs[song].items()]
    return {"count": len(ours), "difference": max(differences)}


def by_file(outcome: Outcome) -> dict[str, dict[str, float]]:
    return {Path(line["file"]).name: line["genres"] for line in outcome.lines}
