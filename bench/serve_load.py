#!/usr/bin/env python3
"""Many clients at once: does the service stay quick, flat in memory, and as fast as the command line?

    bench/serve_load.py FOLDER-OF-SONGS [--clients 50] [--seconds 60] [--binary target/release/genrefold]

Posts the folder's songs over and over, asks /healthz meanwhile, watches the memory of all processes, and judges the same
songs by `genrefold classify` before and after. Linux, Python 3.11, nothing else.
"""

import argparse
import collections
import http.client
import json
import os
import pathlib
import random
import subprocess
import sys
import threading
import time

ENDINGS = {".wav", ".aiff", ".au", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".aac"}
PROBE_EVERY_S = 0.02
MEMORY_EVERY_S = 1.0
MIB = 1 << 20


def main():
    args = arguments()
    songs = songs_of(args.folder, args.songs)
    print(f"{len(songs)} songs, {sum(len(bytes) for _, bytes in songs) / MIB:.0f} MiB, {os.cpu_count()} cores")
    before = by_command(args.binary, songs)
    load = under_load(args, songs)
    after = by_command(args.binary, songs)
    table(args, load, (before + after) / 2, (before, after))
    return 0 if load.well() else 1


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--songs", type=int, default=150, help="of the folder, so many (drawn with a fixed seed)")
    parser.add_argument("--binary", default="target/release/genrefold")
    return parser.parse_args()


def songs_of(folder, count):
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    if not paths:
        sys.exit(f"no songs below {folder}")
    chosen = random.Random(1).sample(paths, min(count, len(paths)))
    return [(path, path.read_bytes()) for path in chosen]


def by_command(binary, songs):
    """Clips a second of `genrefold classify`, start included."""
    begun = time.monotonic()
    paths = [str(path) for path, _ in songs]
    answer = subprocess.run([binary, "classify", "--json", *paths], capture_output=True, text=True, check=False)
    took = time.monotonic() - begun
    return sum(json.loads(line).get("clips", 0) for line in answer.stdout.splitlines()) / took


class Load:
    """What happens under load."""

    def __init__(self):
        self.statuses = collections.Counter()
        self.errors = collections.Counter()
        self.clips = 0
        self.song_ms, self.probe_ms, self.memory = [], [], []
        self.lock = threading.Lock()
        self.seconds = 0.0

    def well(self):
        odd = set(self.statuses) - {200, 429, 503}
        return not odd and not self.errors and percentile(self.probe_ms, 99) < 100


def under_load(args, songs):
    command = [args.binary, "serve", "--bind", "127.0.0.1:0", "--log", "json"]
    service = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = service.stdout.readline().strip().rpartition("//")[2]
        wait_until_ready(address)
        load, stop = Load(), threading.Event()
        work = [threading.Thread(target=client, args=(address, songs, number, load, stop)) for number in range(args.clients)]
        work += [threading.Thread(target=probe, args=(address, load, stop))]
        work += [threading.Thread(target=watch_memory, args=(service.pid, load, stop))]
        begun = time.monotonic()
        for thread in work:
            thread.start()
        time.sleep(args.seconds)
        with load.lock:
            load.seconds, clips = time.monotonic() - begun, load.clips
        stop.set()
        for thread in work:
            thread.join()
        load.clips = clips
        return load
    finally:
        service.terminate()
        service.wait(60)


def wait_until_ready(address):
    for _ in range(600):
        connection = http.client.HTTPConnection(address, timeout=10)
        connection.request("GET", "/readyz")
        if connection.getresponse().status == 200:
            return
        time.sleep(0.05)
    sys.exit("the service does not get ready")


def client(address, songs, number, load, stop):
    """Posts songs one after the other over one connection."""
    draw = random.Random(number)
    connection = http.client.HTTPConnection(address, timeout=300)
    while not stop.is_set():
        _, song = draw.choice(songs)
        begun = time.monotonic()
        try:
            connection.request("POST", "/v1/classify?full=true", song, {"Content-Type": "audio/ogg"})
            answer = connection.getresponse()
            body = answer.read()
        except OSError as error:
            with load.lock:
                load.errors[type(error).__name__] += 1
            connection.close()
            continue
        with load.lock:
            load.statuses[answer.status] += 1
            if answer.status == 200:
                load.clips += json.loads(body)["clips"]
                load.song_ms.append((time.monotonic() - begun) * 1e3)
        if answer.status in (429, 503):
            stop.wait(float(answer.getheader("Retry-After")))


def probe(address, load, stop):
    """Asks for /healthz on a new connection each time, as a watchdog does."""
    while not stop.wait(PROBE_EVERY_S):
        begun = time.monotonic()
        connection = http.client.HTTPConnection(address, timeout=30)
        try:
            connection.request("GET", "/healthz")
            connection.getresponse().read()
        except OSError as error:
            load.errors[f"probe {type(error).__name__}"] += 1
        load.probe_ms.append((time.monotonic() - begun) * 1e3)
        connection.close()


def watch_memory(pid, load, stop):
    """Memory that the service and its workers hold, MiB, shared pages counted once (PSS)."""
    while not stop.wait(MEMORY_EVERY_S):
        load.memory.append(sum(held(one) for one in [pid, *children(pid)]) / MIB)


def children(pid):
    return [int(child) for task in pathlib.Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]


def held(pid):
    try:
        lines = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share / 100))] if ordered else float("nan")


def table(args, load, command, both):
    rate = load.clips / load.seconds
    third = max(1, len(load.memory) // 3)
    middle, last = (sum(part) / len(part) for part in (load.memory[third:2 * third] or [0], load.memory[-third:] or [0]))
    rows = [
        ("clients, seconds", f"{args.clients}, {load.seconds:.0f}"),
        ("answers by status", ", ".join(f"{status}: {count}" for status, count in sorted(load.statuses.items()))),
        ("other errors", ", ".join(f"{name}: {count}" for name, count in load.errors.items()) or "none"),
        ("a song, p50 / p99", f"{percentile(load.song_ms, 50):.0f} / {percentile(load.song_ms, 99):.0f} ms"),
        (f"/healthz, p50 / p99 / worst of {len(load.probe_ms)}",
         " / ".join(f"{percentile(load.probe_ms, share):.1f}" for share in (50, 99, 100)) + " ms"),
        ("memory, largest", f"{max(load.memory, default=0):.0f} MiB"),
        ("memory, second third / last third", f"{middle:.0f} / {last:.0f} MiB"),
        ("clips/s through the service", f"{rate:.1f}"),
        ("clips/s of genrefold classify", f"{command:.1f} ({both[0]:.1f} before, {both[1]:.1f} after)"),
        ("share", f"{100 * rate / command:.0f} %"),
    ]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")


if __name__ == "__main__":
    sys.exit(main())
