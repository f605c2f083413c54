#!/usr/bin/env python3
"""A long time under load: does anything grow? `genrefold serve` under all kinds of clients (songs, odd files, aborted
and slow uploads, every address, workers killed now and then), and `genrefold classify` and `embed` in a loop beside it.

    bench/soak.py GENREFOLD FOLDER [--odd FOLDER] [--hours 2] [--out target/soak]

Every 30 s a row of memory, handles, threads and answers goes to OUT/soak.csv; at the end a summary is printed and
written (soak.json), and a picture (soak.svg). Exit code 1 if a curve is not flat, or anything ended as it should not.
Linux, Python 3.11, nothing else.
"""
import argparse
import csv
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from soaking import curve, watch
from soaking.load import Load

ENDINGS = {".wav", ".aiff", ".au", ".flac", ".ogg", ".opus", ".mp3", ".m4a", ".aac", ".webm"}
EVERY_S = 30
# Of odd files, so many of at most so many bytes are kept in memory to be posted.
MOST, LARGEST = 500, 8 << 20
# Each curve with what it may rise in any case: MB, handles, threads.
CURVES = {"all_pss_mb": 4, "service_rss_mb": 4, "workers_pss_mb": 4, "all_handles": 3, "all_threads": 3,
          "classify_peak_mb": 6, "embed_peak_mb": 6}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("folder", type=pathlib.Path, help="songs")
    parser.add_argument("--odd", type=pathlib.Path, help="odd files, posted and classified too")
    parser.add_argument("--hours", type=float, default=2.0)
    parser.add_argument("--songs", type=int, default=60, help="so many of the folder, drawn with a fixed seed")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--pause", type=float, default=1.0, help="mean pause of a client between two songs, seconds")
    parser.add_argument("--kill-every", type=float, default=300, help="a worker is killed (-9) so often, seconds")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("target/soak"))
    return parser.parse_args()


def files(folder, count):
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
    if not paths:
        sys.exit(f"no songs below {folder}")
    return random.Random(1).sample(paths, min(count, len(paths)))


def odd_files(folder):
    paths = sorted(folder.rglob("*")) if folder else []
    return [path.read_bytes() for path in paths if path.is_file() and path.stat().st_size < LARGEST][:MOST]


def start(args):
    command = [args.binary, "serve", "--bind", "127.0.0.1:0", "--log", "json", "--workers", str(args.workers)]
    log = open(args.out / "service.log", "w")
    service = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    address = service.stdout.readline().strip().rpartition("//")[2]
    return service, address


def clients(load, args, scratch, paths):
    """What goes on side by side, each with its pause."""
    some = [str(path) for path in paths[:10]] + ["-r"] + ([str(args.odd)] if args.odd else [])
    classify = [args.binary, "classify", "--json", "--threads", "1", *some]
    embed = [args.binary, "embed", "--out", str(scratch / "e.npy"), "--threads", "1", *some]
    acts = [(load.song, args.pause), (load.song, args.pause), (load.odd_file, args.pause), (load.look_round, 0.5),
            (load.aborted, 2 * args.pause), (load.slow, 2 * args.pause), (load.kill_a_worker, args.kill_every),
            (load.command("classify", classify), 5 * args.pause), (load.command("embed", embed), 10 * args.pause)]
    return [threading.Thread(target=load.forever, args=(number, *act)) for number, act in enumerate(acts)]


def soak(args, load, service, address):
    """The log, row by row."""
    begun, rows = time.monotonic(), []
    with open(args.out / "soak.csv", "w", newline="") as file:
        table = None
        while time.monotonic() - begun < args.hours * 3600 and service.poll() is None:
            time.sleep(min(EVERY_S, max(0.1, args.hours * 3600 / 20)))
            row = {"hours": round((time.monotonic() - begun) / 3600, 5), **watch.look(service.pid, address)}
            with load.lock:
                row |= {f"{name}_peak_mb": round(peak, 1) for name, peak in load.peaks.items()}
                good = sum(count for status, count in load.statuses.items() if status == 200)
                row |= {"answers": sum(load.statuses.values()), "answers_200": good, "wrong": sum(load.wrong.values())}
            table = table or csv.DictWriter(file, row)
            if not rows:
                table.writeheader()
            table.writerow(row)
            file.flush()
            rows.append(row)
    return rows


def summary(args, load, rows, ended):
    """What is told in the end."""
    hours = [row["hours"] for row in rows]
    trends = {}
    for name, least in CURVES.items():
        # A command that has not ended yet has no memory to show.
        points = [(hour, row[name]) for hour, row in zip(hours, rows) if row[name]]
        if len(points) > 3:
            trends[name] = curve.trend(*map(list, zip(*points)), least)
    return {
        "hours": hours[-1], "songs": len(load.songs), "odd": len(load.odd), "workers": args.workers,
        "answers": {str(status): count for status, count in sorted(load.statuses.items(), key=str)},
        "commands": dict(load.commands), "workers_killed": load.kills, "workers_replaced": rows[-1]["workers_replaced"],
        "wrong": dict(load.wrong), "service_ended_with": ended, "curves": trends,
    }


def tell(told):
    print(f"{told['hours']:.2f} h, {told['songs']} songs and {told['odd']} odd files, {told['workers']} workers")
    for name in ("answers", "commands"):
        print(f"{name}: " + ", ".join(f"{what}: {count}" for what, count in told[name].items()))
    print(f"workers killed {told['workers_killed']}, replaced {told['workers_replaced']}; "
          f"the service ended with {told['service_ended_with']}")
    print(f"{'second half':<20}{'middle':>10}{'per hour':>12}{'rise':>9}")
    for name, found in told["curves"].items():
        word = "flat" if found["flat"] else "NOT FLAT"
        print(f"{name:<20}{found['middle']:>10.1f}{found['per_hour']:>+12.2f}{found['rise']:>+9.2f}  {word}")
    for what, count in told["wrong"].items():
        print(f"WRONG {what}: {count}")


def main():
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    paths, odd = files(args.folder, args.songs), odd_files(args.odd)
    service, address = start(args)
    load = Load(address, service.pid, [path.read_bytes() for path in paths], odd, seed=1)
    scratch = pathlib.Path(tempfile.mkdtemp())
    work = clients(load, args, scratch, paths)
    try:
        for thread in work:
            thread.start()
        rows = soak(args, load, service, address)
    finally:
        load.stop.set()
        for thread in work:
            thread.join()
        service.terminate()
        ended = service.wait(120)
        shutil.rmtree(scratch)
    told = summary(args, load, rows, ended)
    (args.out / "soak.json").write_text(json.dumps(told, indent=2) + "\n")
    shown = ("all_pss_mb", "service_rss_mb", "all_handles", "classify_peak_mb")
    curves = {name: [row[name] for row in rows] for name in shown}
    (args.out / "soak.svg").write_text(curve.svg("genrefold under load", [row["hours"] for row in rows], curves))
    tell(told)
    flat = all(found["flat"] for found in told["curves"].values())
    return 0 if flat and not told["wrong"] and ended == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
