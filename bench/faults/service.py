"""The service: told to stop while it judges, killed, its workers killed, clients that leave."""
import http.client
import os
import re
import signal
import socket
import threading
import time
from pathlib import Path

from house import write_song

JUDGED, DIED = 200, 422


class Service:
    """A running service; ended, if it still runs, on the way out."""

    def __init__(self, house, *options, **environment):
        self.running = house.start("serve", "--bind", "127.0.0.1:0", "--workers", "1", *options, **environment)
        line = self.running.stdout.readline().decode()
        self.address = line.strip().rpartition("//")[2]
        # What it logs is read, or it would wait for us.
        self.log = []
        self.reader = threading.Thread(target=lambda: self.log.extend(self.running.stderr), daemon=True)
        self.reader.start()
        self.until(lambda: self.ask("GET", "/readyz")[0] == 200)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.running.poll() is None:
            self.running.kill()
            self.running.wait()
        self.running.stdout.close()

    def ask(self, method, place, body=None):
        connection = http.client.HTTPConnection(self.address, timeout=120)
        try:
            connection.request(method, place, body, {"Content-Type": "audio/wav"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__, b""
        finally:
            connection.close()

    def aside(self, song):
        """Asks for a song to be judged, without waiting; the list gets its answer."""
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.ask("POST", "/v1/classify?explain=true", song)))
        thread.start()
        return thread, answers

    def metric(self, name):
        text = self.ask("GET", "/metrics")[1].decode()
        return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)", text, re.M))

    def workers(self):
        tasks = Path(f"/proc/{self.running.pid}/task").glob("*/children")
        return [int(child) for task in tasks for child in task.read_text().split()]

    @staticmethod
    def until(held, seconds=30):
        end = time.monotonic() + seconds
        while not held():
            if time.monotonic() > end:
                return False
            time.sleep(0.01)
        return True

    def busy(self):
        """Waits until a song is being judged."""
        return self.until(lambda: self.metric("genrefold_workers_busy") == 1)

    def stop(self):
        self.running.terminate()
        return self.running.wait(60)


def long_song(house, seconds=60.0):
    path = house.path("long.wav")
    write_song(path, 1, seconds)
    return path.read_bytes()


def told_to_stop(house, times, draw, findings):
    """SIGTERM while songs are judged and wait: all get their answers, and the service ends with 0."""
    song = long_song(house)
    for _ in range(max(1, times // 4)):
        with Service(house) as service:
            asked = [service.aside(song) for _ in range(3)]
            taken = service.until(lambda: service.metric("genrefold_places_taken") == 3)
            findings.expect(taken, "three songs are not taken")
            time.sleep(draw.uniform(0, 0.5))
            code = service.stop()
            for thread, answers in asked:
                thread.join()
                findings.expect(answers[0][0] == JUDGED, f"a song that was taken is answered {answers[0]}")
            findings.expect(code == 0, f"the service ends with {code}")
            findings.times += 1
    findings.note("3 songs under way each time: all answered, exit code 0")


def worker_killed(house, times, draw, findings):
    """A worker is killed (-9) while it judges: that song is refused with the reason, the next one judged."""
    song = long_song(house, seconds=300.0)
    with Service(house) as service:
        begun = time.monotonic()
        findings.expect(service.ask("POST", "/v1/classify", song)[0] == JUDGED, "the song is not judged")
        duration = time.monotonic() - begun
        handles = len(os.listdir(f"/proc/{service.running.pid}/fd"))
        for number in range(1, times + 1):
            thread, answers = service.aside(song)
            findings.expect(service.busy(), "no song is being judged")
            time.sleep(duration * draw.uniform(0, 0.4))
            for worker in service.workers():
                os.kill(worker, signal.SIGKILL)
            thread.join()
            refused = answers[0][0] == DIED and b"worker-died" in answers[0][1] and b"signal 9" in answers[0][1]
            findings.expect(refused, f"the song is answered {answers[0]}")
            count = lambda: service.metric("genrefold_workers_replaced_total") == number
            findings.expect(service.until(count), f"{number} kills, other count of replaced workers")
            findings.times += 1
        status = service.ask("POST", "/v1/classify", song)
        findings.expect(status[0] == JUDGED, f"the next song is answered {status}")
        service.until(lambda: len(os.listdir(f"/proc/{service.running.pid}/fd")) <= handles + 1, 10)
        now = len(os.listdir(f"/proc/{service.running.pid}/fd"))
        findings.expect(now <= handles + 1, f"{handles} handles before, {now} after")
        findings.expect(service.stop() == 0, "the service does not end with 0")
    findings.note(f"each song refused as `worker-died`, each worker replaced; {handles} handles before, {now} after")


def idle_worker_killed(house, times, _draw, findings):
    """A worker is killed while it waits: no song is blamed for it."""
    song = house.music("music", 1)
    song = next(song.iterdir()).read_bytes()
    with Service(house) as service:
        for number in range(1, times + 1):
            for worker in service.workers():
                os.kill(worker, signal.SIGKILL)
            service.until(lambda: service.metric("genrefold_workers_replaced_total") == number)
            status = service.ask("POST", "/v1/classify", song)
            findings.expect(status[0] == JUDGED, f"the next song is answered {status}")
            findings.times += 1
        findings.expect(service.stop() == 0, "the service does not end with 0")
    findings.note("the next song judged each time")


def killed(house, times, _draw, findings):
    """The service is killed (-9) while it judges: its workers end by themselves."""
    song = long_song(house)
    for _ in range(max(1, times // 4)):
        with Service(house) as service:
            thread, _answers = service.aside(song)
            service.busy()
            workers = service.workers()
            service.running.kill()
            service.running.wait()
            thread.join()
            gone = lambda: not any(os.path.exists(f"/proc/{worker}") and alive(worker) for worker in workers)
            findings.expect(service.until(gone, 5), f"workers that live on: {workers}")
            findings.times += 1
    findings.note("no worker lives on")


def alive(pid):
    """Whether it is more than an entry that nobody has taken note of."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def clients_leave(house, times, draw, findings):
    """Uploads that are broken off at any byte, and clients that leave before their answer: nothing stays taken."""
    song = long_song(house)
    with Service(house) as service:
        host, _, port = service.address.rpartition(":")
        for _ in range(times * 5):
            with socket.create_connection((host, int(port))) as line:
                head = f"POST /v1/classify HTTP/1.1\r\nHost: {service.address}\r\nContent-Type: audio/wav\r\n"
                data = f"{head}Content-Length: {len(song)}\r\n\r\n".encode() + song
                try:
                    line.sendall(data[:draw.choice([draw.randrange(200), draw.randrange(len(data)), len(data)])])
                except OSError:
                    pass
            findings.times += 1
        free = lambda: service.metric("genrefold_places_taken") == 0 and service.metric("genrefold_workers_busy") == 0
        findings.expect(service.until(free, 60), "places stay taken")
        status = service.ask("POST", "/v1/classify", song)
        findings.expect(status[0] == JUDGED, f"the next song is answered {status}")
        findings.expect(service.stop() == 0, "the service does not end with 0")
    findings.note("no place stays taken, the next song is judged")


FAULTS = {"service: SIGTERM while it judges": told_to_stop, "service: worker killed at work": worker_killed,
          "service: idle worker killed": idle_worker_killed, "service: killed": killed,
          "service: clients leave": clients_leave}
