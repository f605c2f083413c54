"""Clients of every kind for a service, and commands in a loop, until they are told to stop."""
import collections
import http.client
import os
import random
import signal
import socket
import struct
import subprocess
import threading
import time

from soaking import watch

QUERIES = ["", "?top_k=2", "?full=true", "?timeline=true", "?spectrogram=true", "?explain=true"]
# What each kind of request may be answered with; anything else is a fault.
BUSY = {429, 503}
PLACES = {
    "/": {200}, "/healthz": {200}, "/readyz": {200, 503}, "/metrics": {200}, "/openapi.json": {200},
    "/v1/models": {200}, "/v1/genres": {200}, "/v1/runs": {200, 404}, "/v1/runs/nothing": {404},
    "/runs/nothing/report": {404}, "/no/such/place": {404}, "/%2e%2e/etc/passwd": {400, 404},
}
# Of odd files: sound after all, or a refusal that names the reason; 422 also when a worker was killed on purpose.
ODD = {200, 400, 413, 415, 422} | BUSY


class Load:
    """What is sent, and what came back."""

    def __init__(self, address, service, songs, odd, seed):
        self.address, self.service, self.songs, self.odd = address, service, songs, odd
        self.seed = seed
        self.stop, self.lock = threading.Event(), threading.Lock()
        self.statuses, self.wrong = collections.Counter(), collections.Counter()
        self.commands, self.peaks = collections.Counter(), {"classify": 0.0, "embed": 0.0}
        self.kills = 0

    def note(self, what, status, expected):
        with self.lock:
            self.statuses[status] += 1
            if status not in expected:
                self.wrong[f"{what}: {status}"] += 1

    def forever(self, number, act, pause):
        """Repeats an act with pauses of about so many seconds; a lost connection is a fault but no reason to stop."""
        draw = random.Random(f"{self.seed} {number}")
        while not self.stop.wait(pause * draw.uniform(0.5, 1.5)):
            try:
                act(draw)
            except (OSError, http.client.HTTPException) as error:
                if not self.stop.is_set():
                    with self.lock:
                        self.wrong[f"{act.__name__}: {type(error).__name__}"] += 1

    def request(self, method, place, body=None, headers=None):
        connection = http.client.HTTPConnection(self.address, timeout=300)
        try:
            connection.request(method, place, body, headers or {})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def song(self, draw):
        """A real song, asked in one of all ways."""
        query, events = draw.choice(QUERIES), draw.random() < 0.2
        headers = {"Content-Type": "audio/ogg", **({"Accept": "text/event-stream"} if events else {})}
        status = self.request("POST", f"/v1/classify{query}", draw.choice(self.songs), headers)
        # A song that is judged while its worker is killed on purpose is refused.
        self.note("song", status, {200, 422} | BUSY if self.kills else {200} | BUSY)

    def odd_file(self, draw):
        """An odd file, or a song with something done to it."""
        if self.odd and draw.random() < 0.7:
            body = draw.choice(self.odd)
        else:
            song = bytearray(draw.choice(self.songs))
            for _ in range(draw.choice([1, 50, 2000])):
                song[draw.randrange(len(song))] = draw.randrange(256)
            noise = os.urandom(draw.randrange(1, 9000))
            body = bytes(draw.choice([song, song[:draw.randrange(len(song))], b"", noise]))
        status = self.request("POST", "/v1/classify?full=true", body, {"Content-Type": "application/octet-stream"})
        self.note("odd file", status, ODD)

    def look_round(self, draw):
        """Every other address."""
        place = draw.choice(list(PLACES))
        self.note(place, self.request("GET", place), PLACES[place])

    def aborted(self, draw):
        """An upload that is broken off: closed, or reset, at any moment, also while its song is judged."""
        song = draw.choice(self.songs)
        with self.begin_upload(len(song)) as line:
            line.sendall(song[:draw.choice([0, draw.randrange(len(song)), len(song)])])
            time.sleep(draw.choice([0, 0.1, 1]))
            if draw.random() < 0.5:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with self.lock:
            self.statuses["aborted"] += 1

    def slow(self, draw):
        """An upload by drops, or one that falls silent and is refused."""
        song, silent = draw.choice(self.songs), draw.random() < 0.3
        with self.begin_upload(len(song)) as line:
            line.settimeout(120)
            piece = max(1, len(song) // 20)
            for start in range(0, len(song), piece):
                if self.stop.wait(0.5):
                    return
                if silent and start > len(song) // 2:
                    break
                line.sendall(song[start:start + piece])
            answer = line.recv(100).split()
        status = int(answer[1]) if len(answer) > 1 else "closed"
        self.note("slow", status, {408} if silent else {200, 422} | BUSY)

    def begin_upload(self, length):
        host, _, port = self.address.rpartition(":")
        line = socket.create_connection((host, int(port)), timeout=60)
        head = f"POST /v1/classify HTTP/1.1\r\nHost: {self.address}\r\nContent-Type: audio/ogg\r\n"
        line.sendall(f"{head}Content-Length: {length}\r\nConnection: close\r\n\r\n".encode())
        return line

    def kill_a_worker(self, draw):
        """The service is to replace it."""
        workers = watch.family(self.service)[1:]
        if workers:
            self.kills += 1
            os.kill(draw.choice(workers), signal.SIGKILL)

    def command(self, name, words):
        """A command, over and over; keeps the largest memory of its latest run (MiB). Code 1 says that odd files got no
        genre."""
        def again(_draw):
            running = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _, status, used = os.wait4(running.pid, 0)
            running.returncode = code = os.waitstatus_to_exitcode(status)
            with self.lock:
                self.commands[f"{name} {code}"] += 1
                self.peaks[name] = used.ru_maxrss / 1024
                if code not in (0, 1):
                    self.wrong[f"{name} ended with {code}"] += 1
        again.__name__ = name
        return again
