"""What must be there before anything is timed: the peers, our program, songs, exported networks."""
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from harness import BENCH, PEERS, REPOSITORY
from harness.growth import SONGS, link_songs
from harness.rows import Tools, onnx_file

ENVIRONMENT = BENCH / ".venv"
REQUIREMENTS = BENCH / "requirements.txt"
# Of the networks that the runtimes read.
BATCHES = (1, 64)


def peers() -> Path:
    """The Python that has the peers; they are installed when their list changed."""
    stamp, python = ENVIRONMENT / "installed", ENVIRONMENT / "bin/python"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS], check=True)
    stamp.write_text(wanted)
    return python


def our_program() -> Path:
    subprocess.run(["cargo", "build", "--release"], cwd=REPOSITORY, check=True)
    return REPOSITORY / "target/release/genrefold"


def everything(tools: Tools, folder: Path | None, many: int) -> None:
    """All that the rows and tables read."""
    songs(tools, folder)
    for count in {*SONGS, many}:
        link_songs(tools.many / str(count), tools.files("mp3"), count)
    for batch in BATCHES:
        network(tools, batch)
    # Gigabytes may still be on their way to the disk, and would be in the way of what is timed.
    os.sync()


def songs(tools: Tools, folder: Path | None) -> None:
    """The songs to measure on, made once for each source."""
    source = {"from": str(folder.resolve()) if folder else "synthesised"}
    source["script"] = hashlib.sha256((PEERS / "make_songs.py").read_bytes()).hexdigest()
    stamp = tools.songs / "source.json"
    if not (stamp.exists() and json.loads(stamp.read_text()) == source):
        stamp.unlink(missing_ok=True)
        choice = ["--from", folder.resolve()] if folder else []
        subprocess.run([tools.python, PEERS / "make_songs.py", tools.songs, *choice], check=True)
        stamp.write_text(json.dumps(source))


def network(tools: Tools, batch: int) -> None:
    """The network as ONNX, for the runtimes."""
    file, script = onnx_file(tools, batch), PEERS / "network.py"
    if not file.exists() or file.stat().st_mtime < script.stat().st_mtime:
        command = [tools.python, "-W", "ignore", PEERS / "export_onnx.py", "rgluformer", str(batch), file]
        subprocess.run(command, check=True)
