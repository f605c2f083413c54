"""Runs a row's programs in turns, so that whatever the machine does meanwhile falls on all of them alike."""
from collections.abc import Callable

from harness import machine
from harness.process import Failed, run, shown
from harness.rows import Contender, Row


def measure(row: Row, rounds: int, log: Callable[[str], None]) -> dict:
    """The row as it is kept: each contender's figure of each round, and everything that the table says of it."""
    cpus, figures = machine.cpus(row.threads), {contender.name: [] for contender in row.contenders}
    if row.rehearsed:
        for contender in row.contenders:
            run(contender.command, cpus)
    quiet = machine.wait_until_quiet(60)
    for number in range(min(rounds, row.rounds_at_most)):
        # Every other round the other way round: nobody always runs after the same neighbour.
        order = row.contenders if number % 2 == 0 else row.contenders[::-1]
        for contender in order:
            figure = figure_of(contender, cpus)
            figures[contender.name].append(figure)
            log(f"  {contender.name}: {figure:.4g} {row.unit}")
    return {
        "work": row.work,
        "unit": row.unit,
        "more_is_better": row.more_is_better,
        "threads": row.threads,
        "how": row.how,
        "targets": {"best": [row.at_least, row.aim]}
        | {contender.name: [contender.at_least, contender.aim] for contender in row.contenders[1:]},
        "commands": {contender.name: shown(contender.command) for contender in row.contenders},
        "figures": figures,
        "quiet": quiet,
    }


def figure_of(contender: Contender, cpus: set[int]) -> float:
    """One run's figure."""
    outcome = run(contender.command, cpus)
    try:
        return contender.figure(outcome)
    except (KeyError, IndexError) as missing:
        raise Failed(f"{shown(contender.command)}: no {missing} in {outcome.lines[0]}") from missing
