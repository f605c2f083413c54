"""Where a fault is brought about: a folder with songs and settings, and the program."""
import math
import os
import random
import re
import shutil
import subprocess
import time
import wave
from array import array
from dataclasses import dataclass
from pathlib import Path

RATE = 16_000
# Files that are on their way to another name.
TEMPORARY = re.compile(r"\.partial$|\.genrefold-\d+$|\.probe$")
# What holds the door of a run's folder shut, and stays there.
KEPT = {".lock"}
# Settings of networks so small that they learn in a second. One that is to be met while it learns takes longer.
SETTINGS = Path(__file__).resolve().parents[2] / "crates/genrefold-cli/tests/fixtures"
TRAINING = (SETTINGS / "tiny.toml").read_text().replace("epochs = 1\n", "epochs = 25\n")
STUDY = (SETTINGS / "study.toml").read_text()


@dataclass
class Ended:
    """How a command came to its end."""
    words: str
    code: int
    out: str
    err: str
    seconds: float


class House:
    """A folder for one fault, and the program to run in it."""

    def __init__(self, root, binary, songs=()):
        self.root, self.binary, self.songs = root, str(Path(binary).resolve()), list(songs)
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(root / "home cache"), "NO_COLOR": "1"}

    def path(self, name):
        return self.root / name

    def start(self, *words, **options):
        """A running command with its output caught."""
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE,
                   "env": self.environment, "cwd": self.root, **options}
        return subprocess.Popen([self.binary, *map(str, words)], **options)

    def run(self, *words, **options):
        """A command to its end."""
        begun = time.monotonic()
        return self.end(self.start(*words, **options), begun)

    @staticmethod
    def end(running, begun=0.0):
        out, err = running.communicate(timeout=300)
        text = [(part or b"").decode(errors="replace") for part in (out, err)]
        return Ended(" ".join(map(str, running.args[1:])), running.returncode, *text, time.monotonic() - begun)

    def music(self, name, count, seconds=4.0, broken=False):
        """A folder of songs: those that were given, or made ones; on request one that is none."""
        folder = self.path(name)
        folder.mkdir()
        for number in range(count):
            if self.songs:
                song = self.songs[number % len(self.songs)]
                shutil.copy(song, folder / f"{number:03} {song.name}")
            else:
                write_song(folder / f"{number:03} söng.wav", number, seconds)
        if broken:
            (folder / "zz broken.mp3").write_bytes(b"no song at all " * 40)
        return folder

    def genres(self, seconds):
        """A folder of genres with made songs."""
        folder = self.path("genres")
        for genre, name in enumerate(["blues", "polka", "tango"]):
            (folder / name).mkdir(parents=True)
            for number in range(4):
                write_song(folder / name / f"{number}.wav", 100 * genre + number, seconds)
        return folder

    def settings(self, name, text):
        path = self.path(name)
        path.write_text(text)
        return path


def write_song(path, number, seconds):
    """Chords and noise, other ones for each number."""
    draw, length = random.Random(number), int(seconds * RATE)
    cycle = [0.0] * 2000
    for _ in range(4):
        periods, height = draw.randrange(10, 250), draw.uniform(0.05, 0.2)
        for index in range(2000):
            cycle[index] += height * math.sin(2 * math.pi * periods * index / 2000)
    samples = array("h", (int(32767 * (cycle[i % 2000] * (1 - (i % 8000) / 9000) + draw.uniform(-.02, .02)))
                          for i in range(length)))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(samples.tobytes())


def content(folder):
    """Every file below a folder with its bytes, by its path in it; but for what keeps others out."""
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in KEPT}


def temporary(*folders):
    """Files below these folders that are on their way to another name."""
    found = []
    for folder in folders:
        for place, _, names in os.walk(folder):
            found += [os.path.join(place, name) for name in names if TEMPORARY.search(name) and name not in KEPT]
    return found
