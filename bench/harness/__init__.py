"""Measures genrefold beside its Python peers. Standard library only; the peers have their own environment."""
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
REPOSITORY = BENCH.parent
PEERS = BENCH / "peers"
WORKSHOP = REPOSITORY / "target/bench"
