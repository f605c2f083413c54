"""First inputs of the fuzz targets: small files of every kind, most of them written by genrefold itself."""
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench/faults"))
from house import House, SETTINGS, STUDY  # noqa: E402

FIXTURES = ROOT / "crates/genrefold/tests/fixtures/audio"
# Files of plain samples are long; their first bytes show the fuzzer as much.
ENOUGH = 16384
NETWORKS = {
    "rgluformer": "",
    "lstm": 'network.encoder = { kind = "lstm", hidden = 8 }\n',
    "both-ways": 'network.encoder = { kind = "lstm", hidden = 8, bidirectional = true }\n',
    "channels": 'network.encoder = { kind = "transformer", heads = 1, feed_forward = 8, tokens = "channel" }\n',
    "image": 'front_end.input = "image"\n',
}
FORM = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\ngood\r\n--x--\r\n"


def make(binary, folder):
    """Makes them all, unless they are there."""
    if folder.exists():
        return
    aside = folder.with_suffix(".partial")
    shutil.rmtree(aside, ignore_errors=True)
    with tempfile.TemporaryDirectory() as root:
        for kind in (sounds, models, settings, runs, requests, journals):
            place = Path(root) / kind.__name__
            place.mkdir()
            for name, content in kind(House(place, binary)):
                path = aside / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
    for target in ("settings", "run", "request", "journal"):
        (aside / f"{target}.dict").write_text(dictionary(aside / target))
    aside.rename(folder)


def sounds(_house):
    for path in sorted(FIXTURES.iterdir()):
        if path.suffix in (".py", ".sh"):
            continue
        content = path.read_bytes()[:ENOUGH]
        yield f"sound/{path.name}", content
        if path.suffix == ".au":
            yield f"au/{path.name}", content[4:]


def models(house):
    genres = house.genres(1.0)
    for name, change in NETWORKS.items():
        settings = house.settings(f"{name}.toml", tiny(change))
        out = house.path(f"{name}.safetensors")
        ended = house.run("train", genres, "--config", settings, "--from-scratch", "--no-cache", "-o", out)
        if ended.code:
            raise SystemExit(f"{ended.words}: {ended.err}")
        yield f"model/{name}", out.read_bytes()


def tiny(change):
    """Settings of a network whose file is some ten kB."""
    text = (SETTINGS / "tiny.toml").read_text().replace("channels = [8, 8, 8]", "channels = [4, 4, 4]")
    text = text.replace("dense = [16]", "dense = [4]").replace("feed_forward = 16", "feed_forward = 4")
    if change.startswith("network.encoder"):
        text = re.sub(r"encoder = .*", change.removeprefix("network.").strip(), text)
        change = ""
    # Dotted keys stand before the first table.
    return change + "front_end.bands = 20\naugment.band_mask = 4\n" + text


def settings(_house):
    for path in sorted((ROOT / "configs").glob("*.toml")):
        yield f"settings/{path.name}", path.read_bytes()
    yield "settings/tiny", STUDY.encode()


def runs(house):
    genres, settings = house.genres(1.5), house.settings("study.toml", STUDY)
    ended = house.run("crossval", settings, "--data", genres, "--only", "honest", "--cache", house.path("cache"),
                      "-o", house.path("run"))
    if ended.code:
        raise SystemExit(f"{ended.words}: {ended.err}")
    (run,) = [path.parent for path in house.path("run").rglob("run.json")]
    manifest, fold = (run / "run.json").read_bytes(), (run / "folds/01.json").read_bytes()
    yield "sound-run/run.json", manifest
    yield "sound-run/01.json", fold
    yield "run/split", b"\0" + (run / "split.json").read_bytes()
    yield "run/manifest", b"\1" + manifest
    yield "run/fold", b"\2" + fold


def requests(_house):
    def request(line, *headers, body=""):
        length = [f"Content-Length: {len(body)}"] if body else []
        return "\r\n".join([f"{line} HTTP/1.1", "Host: localhost", *headers, *length, "", body]).encode()

    form = "Content-Type: multipart/form-data; boundary=x"
    yield "request/raw", request("POST /v1/classify?top_k=1", "Content-Type: audio/ogg", body="good")
    yield "request/form", request("POST /v1/classify?timeline=true&spectrogram=false", form, body=FORM)
    yield "request/explain", request("POST /v1/classify?explain=true&full=true", "Accept: text/event-stream", form,
                                     body=FORM)
    chunks = "4\r\ngood\r\n0\r\n\r\n"
    yield "request/chunks", request("POST /v1/classify", "Transfer-Encoding: chunked") + chunks.encode()
    yield "request/session", request("POST /v1/session", "Content-Type: application/json", body='{"token": "0123456789abcdef"}')
    yield "request/token", request("GET /metrics", "Authorization: Bearer 0123456789abcdef", "Connection: close")
    yield "request/cookie", request("GET /v1/models", "Cookie: genrefold=0123", "Origin: http://localhost")
    pages = ("/", "/model", "/runs/a", "/static/main.js", "/healthz", "/readyz", "/openapi.json", "/v1/genres", "/v1/runs",
             "/v1/runs/a", "/runs/a/report", "/static/..%2f..%2fCargo.toml")
    yield "request/many", b"".join(request(f"GET {page}", 'If-None-Match: "a"') for page in pages)


def journals(house):
    music = house.music("music", 2, seconds=1.5, broken=True)
    tags, answers = house.path("t.jsonl"), house.path("a.jsonl")
    house.run("classify", "-r", music, "--out", answers)
    house.run("tag", "-r", music, "--write", "--above", "0", "--journal", tags)
    yield "journal/tags", b"\0" + tags.read_bytes()
    # The target says that it is another model than the embedded one, which may change.
    yield "journal/answers", b"\1" + re.sub(rb'"model":"\w+"', b'"model":"0123456789ab"', answers.read_bytes())


def dictionary(folder):
    """The words of these files, as libFuzzer reads them."""
    words = set()
    for path in folder.iterdir():
        words |= set(re.findall(rb'"?[A-Za-z_][\w.\-/]{2,30}"?', path.read_bytes()))
    escaped = (word.decode().replace('"', '\\"') for word in sorted(words)[:600])
    return "".join(f'"{word}"\n' for word in escaped)
