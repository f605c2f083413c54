"""The kept figures as the page RESULTS.md. Reads nothing else, so that the page can be made again at any time."""
import statistics

from harness.machine import QUIET_SHARE
from harness.rows import OURS

MEMORY_LIMIT_MB = 300
# "The same" memory on a song six times as long.
SAME = 1.1
AGREEMENT = 1e-3


def page(kept: dict, notes: str, order: list[str]) -> str:
    """The whole page; rows and tables in the given order."""
    rows = {key: kept["rows"][key] for key in order if key in kept["rows"]}
    growth = {key: kept["growth"][key] for key in order if key in kept["growth"]}
    parts = [
        "# Results\n\nWritten by `bench/run` from `bench/results.json`; what the words mean is in "
        "[README.md](README.md).",
        warnings(kept, rows | growth),
        facts(kept, rows | growth),
        against_peers(rows),
        agreement(kept),
        long_song(growth),
        methods(rows),
        costs(growth),
        notes,
    ]
    return "\n\n".join(part.strip() for part in parts if part) + "\n"


def warnings(kept: dict, measured: dict) -> str:
    """What spoils figures, before anybody reads them."""
    found = [
        f"**{name} was measured on a busy machine** ({entry['quiet']['busy']:.0%} of all cores' time went elsewhere)."
        for name, entry in measured.items()
        if entry["quiet"]["busy"] > QUIET_SHARE
    ]
    found += [f"**{name} was not measured**: `{failure['reason']}`" for name, failure in kept["failures"].items()]
    return "\n".join(f"- {line}" for line in found)


def facts(kept: dict, measured: dict) -> str:
    """The machine, and which code was measured when."""
    lines = [f"| {name} | {value} |" for name, value in kept["machine"].items()]
    for run, names in runs(measured).items():
        date, commit, command, songs = run
        lines.append(f"| measured | {date}, commit {commit}, {songs}: `{command}` ({', '.join(names)}) |")
    return "\n".join(["## Where and when", "", "| | |", "|---|---|", *lines])


def runs(measured: dict) -> dict[tuple[str, str, str, str], list[str]]:
    """Rows by the run that they come from."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for name, entry in measured.items():
        found.setdefault((entry["date"], entry["commit"], entry["command"], entry["songs"]), []).append(name)
    if len(found) == 1:
        return {run: ["everything"] for run in found}
    return found


def against_peers(rows: dict) -> str:
    """The table: one line for each row and peer."""
    lines = [
        "## Beside the peers",
        "",
        "min / **median** / max over rounds. The ratio is how many times better genrefold is, the median over rounds",
        "(and its range).",
        "",
        "| row | work | unit | genrefold | peer | | ratio | at least | aim | |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for key, row in rows.items():
        peers = [name for name in row["figures"] if name != OURS]
        work = [key, row["work"], row["unit"], spread(row["figures"][OURS])]
        for number, peer in enumerate(peers):
            cells = (work if number == 0 else [""] * len(work)) + beside(row, peer)
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def beside(row: dict, peer: str) -> list[str]:
    """The cells of one peer, and how ours compares."""
    found = ratios(row, peer)
    ratio = f"**{figure(statistics.median(found))}** ({figure(min(found))} to {figure(max(found))})"
    at_least, aim = targets(row, peer)
    cells = [peer, spread(row["figures"][peer]), ratio, figure(at_least), figure(aim)]
    return [*cells, verdict(statistics.median(found), at_least, aim)]


def ratios(row: dict, peer: str) -> list[float]:
    """How many times better ours is, round by round."""
    pairs = zip(row["figures"][OURS], row["figures"][peer])
    return [ours / theirs if row["more_is_better"] else theirs / ours for ours, theirs in pairs]


def targets(row: dict, peer: str) -> tuple[float | None, float | None]:
    """What is asked of the ratio against this peer: its own targets, or the row's if it is the best of all."""
    peers = [name for name in row["figures"] if name != OURS]
    best = min(peers, key=lambda name: statistics.median(ratios(row, name)))
    own, shared = row["targets"][peer], row["targets"]["best"] if peer == best else [None, None]
    at_least, aim = (mine if mine is not None else common for mine, common in zip(own, shared))
    return at_least, aim


def verdict(ratio: float, at_least: float | None, aim: float | None) -> str:
    if at_least is not None and ratio < at_least:
        return "**missed**"
    if aim is not None:
        return "aim reached" if ratio >= aim else "reached" if at_least is not None else "aim missed"
    return "reached" if at_least is not None else ""


def spread(values: list[float]) -> str:
    return f"{figure(min(values))} / **{figure(statistics.median(values))}** / {figure(max(values))}"


def figure(value: float | str | None) -> str:
    """Three significant digits, as a person would write them."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if abs(value) >= 100 or value == int(value):
        return f"{value:.0f}"
    return f"{value:.3g}"


def agreement(kept: dict) -> str:
    """Whether both sides did the same work."""
    if not kept["agreement"]:
        return ""
    count, difference = (kept["agreement"]["agreement"][name] for name in ("count", "difference"))
    said = "the same network indeed" if difference <= AGREEMENT else "**not the same work: the comparison is void**"
    return (
        f"On {count} songs (flac) the probabilities of genrefold and of the network in Python differ by "
        f"{difference:.1g} at most: {said}."
    )


def long_song(growth: dict) -> str:
    """Whether memory stays flat on a long song."""
    if "growth-length" not in growth:
        return ""
    peaks = {line["song"]: line["peak MB"] for line in growth["growth-length"]["lines"]}
    if not {"30 min", "3 h"} <= peaks.keys():
        return ""
    long, shorter = peaks["3 h"], peaks["30 min"]
    reached = long < MEMORY_LIMIT_MB and long <= SAME * shorter
    return (
        f"Peak memory of `classify` on an mp3 of 3 h: {long:.0f} MB; of 30 min: {shorter:.0f} MB. Asked: under "
        f"{MEMORY_LIMIT_MB} MB, and the same: {'reached' if reached else '**missed**'}."
    )


def methods(rows: dict) -> str:
    """How each row was measured, with its commands."""
    lines = ["## How each was measured", ""]
    for key, row in rows.items():
        rounds, load = counted(len(row["figures"][OURS]), "round"), row["quiet"]["load"]
        lines.append(f"- **{key}** ({rounds}, {counted(row['threads'], 'core')}, load {load} before). {row['how']}")
        lines += [f"  - {name}: `{command}`" for name, command in row["commands"].items()]
    return "\n".join(lines)


def counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"


def costs(growth: dict) -> str:
    """The growth tables."""
    parts = ["## Cost as work grows"] if growth else []
    for key, found in growth.items():
        names = list(found["lines"][0])
        table = [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
        table += [f"| {' | '.join(figure(line[name]) for name in names)} |" for line in found["lines"]]
        parts.append("\n".join([f"### {found['title']}: `{key}`", "", *table]))
    return "\n\n".join(parts)
