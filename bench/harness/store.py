"""The last figures, kept as JSON: one row can be measured anew and the others stay."""
import json
from pathlib import Path

PARTS = ("agreement", "rows", "growth", "failures")


def read(path: Path) -> dict:
    return json.loads(path.read_text())


def load(path: Path, machine: dict[str, str]) -> dict:
    """What was measured before on this machine with the same peers, or nothing yet."""
    if not path.exists():
        return {"machine": machine} | {part: {} for part in PARTS}
    kept = read(path)
    changed = [name for name, value in machine.items() if kept["machine"].get(name) != value]
    if changed:
        raise SystemExit(
            f"{path}: measured with another {', '.join(changed)}. Figures of two machines must not stand in one "
            "table: remove the file and measure everything, or write elsewhere with --out."
        )
    return kept


def put(kept: dict, part: str, name: str, found: dict) -> None:
    """Takes in what was found, in the place of what was known of it before."""
    for known in PARTS:
        kept[known].pop(name, None)
    kept[part][name] = found


def save(kept: dict, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(kept, indent=1) + "\n")
    partial.replace(path)
