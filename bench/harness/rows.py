"""What is compared with whom: each row's programs, how a run becomes one figure, and the ratio it should reach."""
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import PEERS
from harness.arithmetic import training_flops
from harness.process import Failed, Outcome

OURS = "genrefold"
NETWORKS = {"rgluformer": "RGLUformer", "rglu-lstm": "RGLU-LSTM"}
FORMATS = {
    "wav": ("wav, 44.1 kHz stereo", 4, 6),
    "mono": ("wav, 22.05 kHz mono", 4, 6),
    "mp3": ("mp3", 2, 3),
    "flac": ("flac", 2.5, 4),
}
Figure = Callable[[Outcome], float]


@dataclass(frozen=True)
class Tools:
    """What the programs are run with."""

    binary: Path
    python: Path
    songs: Path
    onnx: Path
    many: Path

    def ours(self, *words: object) -> list[str]:
        return [str(self.binary), *map(str, words)]

    def peer(self, script: str, *words: object) -> list[str]:
        return [str(self.python), str(PEERS / script), *map(str, words)]

    def files(self, format: str) -> list[Path]:
        """The eight songs, as `make_songs.py` names them."""
        ending = "wav" if format == "mono" else format
        return [self.songs / format / f"{number}.{ending}" for number in range(8)]


@dataclass(frozen=True)
class Sizes:
    """How much is done: less of everything for a trial."""

    steps: int = 10
    songs: int = 500


@dataclass(frozen=True)
class Contender:
    """One program of a row. `at_least` and `aim` are our ratios against it; a row's best peer has those of `Row`."""

    name: str
    command: list[str]
    figure: Figure
    at_least: float | None = None
    aim: float | None = None


@dataclass(frozen=True)
class Row:
    """One line of the table; ours is the first contender."""

    key: str
    work: str
    unit: str
    more_is_better: bool
    threads: int
    contenders: list[Contender]
    how: str
    at_least: float | None = None
    aim: float | None = None
    rounds_at_most: int = 99
    # Programs that are timed from their start cannot warm up: each runs once before, for the files to be in memory.
    rehearsed: bool = False


def rate(batch: int) -> Figure:
    """Samples a second at the median time."""
    return lambda outcome: 1e3 * batch / statistics.median(outcome.lines[0]["ms"])


def latency(outcome: Outcome) -> float:
    return statistics.median(outcome.lines[0]["ms"])


def a_song(outcome: Outcome) -> float:
    """Milliseconds, the mean over songs of each song's median; all songs must have given eleven clips."""
    clips = {line["clips"] for line in outcome.lines}
    if clips != {11}:
        raise Failed(f"clips of a song: {clips}, expected 11")
    return statistics.mean(statistics.median(line["ms"]) for line in outcome.lines)


def answer_ms(outcome: Outcome) -> float:
    return 1e3 * outcome.answer_s


def answer_s(outcome: Outcome) -> float:
    return outcome.answer_s


def peak_mb(outcome: Outcome) -> float:
    return outcome.peak_mb


def best_gflops(outcome: Outcome) -> float:
    return max(outcome.lines[0]["gflops"])


def training_gflops(outcome: Outcome) -> float:
    return rate(64)(outcome) * training_flops() / 1e9


def rows(tools: Tools, sizes: Sizes) -> list[Row]:
    """All of them, in the order of the table."""
    return [
        *training(tools, sizes),
        *inference(tools, sizes),
        *front_end(tools, sizes),
        one_song(tools),
        many_songs(tools, sizes),
    ]


def ours_at(tools: Tools, work: str, network: str, batch: int, steps: int) -> list[str]:
    shape = ("--network", network, "--batch", batch, "--threads", 2, "--steps", steps)
    return tools.ours("benchmark", work, *shape, "--json")


def torch_at(tools: Tools, work: str, network: str, batch: int, steps: int) -> list[str]:
    return tools.peer("pytorch.py", work, "--network", network, "--batch", batch, "--threads", 2, "--steps", steps)


def training(tools: Tools, sizes: Sizes) -> Iterator[Row]:
    for network, name in NETWORKS.items():
        ours = ours_at(tools, "training", network, 64, sizes.steps)
        theirs = torch_at(tools, "training", network, 64, sizes.steps)
        contenders = [Contender(OURS, ours, rate(64)), Contender("PyTorch eager", theirs, rate(64))]
        how = "Forward, backward and optimiser on one batch in memory, after warm-up."
        work = f"training step, {name}, batch 64"
        yield Row(f"training-{network}", work, "samples/s", True, 2, contenders, how, at_least=1.4, aim=2.0)
    ours = ours_at(tools, "training", "rgluformer", 64, sizes.steps)
    theirs = torch_at(tools, "training", "rgluformer", 64, sizes.steps)
    product = Contender("torch.matmul", tools.peer("pytorch.py", "gemm", "--threads", 2), best_gflops)
    share = (
        "Ours: samples/s times the arithmetic of the network's products in one training sample "
        f"({training_flops() / 1e6:.0f} MFLOP). Theirs: the best of 12 products of 2048 x 2048 f32 matrices."
    )
    work = "training RGLUformer, of the machine's best matrix product"
    contenders = [Contender(OURS, ours, training_gflops), product]
    yield Row("training-share", work, "GFLOP/s", True, 2, contenders, share, aim=0.7)
    contenders = [Contender(OURS, tools.ours("benchmark", "gemm", "--json"), best_gflops), product]
    yield Row("gemm", "the best matrix product", "GFLOP/s", True, 2, contenders, "The best of several products.")
    contenders = [Contender(OURS, ours, peak_mb), Contender("PyTorch eager", theirs, peak_mb)]
    how = "Peak resident memory of the whole process, as the kernel reports it at its end."
    work = "peak memory of training, RGLUformer, batch 64"
    yield Row("training-memory", work, "MB", False, 2, contenders, how, at_least=3, aim=5, rounds_at_most=3)


def inference(tools: Tools, sizes: Sizes) -> Iterator[Row]:
    steps = 2 * sizes.steps
    yield inference_row(tools, 64, steps, "clips/s", rate(64), {"OpenVINO f32": (1.0, 1.3)})
    targets = {"ONNX Runtime": (1.0, None), "OpenVINO f32": (None, 1.0)}
    yield inference_row(tools, 1, 10 * steps, "ms", latency, targets)


def inference_row(tools: Tools, batch: int, steps: int, unit: str, figure: Figure, targets: dict) -> Row:
    file = onnx_file(tools, batch)
    sizes = ("--batch", batch, "--threads", 2, "--steps", steps)
    commands = {
        OURS: ours_at(tools, "inference", "rgluformer", batch, steps),
        "OpenVINO f32": tools.peer("runtimes.py", "openvino", file, *sizes),
        "ONNX Runtime": tools.peer("runtimes.py", "onnxruntime", file, *sizes),
        "PyTorch eager": torch_at(tools, "inference", "rgluformer", batch, steps),
    }
    contenders = [Contender(name, words, figure, *targets.get(name, ())) for name, words in commands.items()]
    how = "Scores of random pictures in memory, after warm-up; the runtimes read the PyTorch network as ONNX (opset 17)"
    how += ", OpenVINO with the better of its two hints." if batch > 1 else ", OpenVINO with its hint for latency."
    work = f"inference, RGLUformer, batch {batch}"
    return Row(f"inference-{batch}", work, unit, batch > 1, 2, contenders, how)


def onnx_file(tools: Tools, batch: int) -> Path:
    return tools.onnx / f"rgluformer-{batch}.onnx"


def front_end(tools: Tools, sizes: Sizes) -> Iterator[Row]:
    steps = max(sizes.steps // 3, 1)
    for format, (name, at_least, aim) in FORMATS.items():
        files = tools.files(format)
        commands = {
            OURS: tools.ours("benchmark", "front-end", "--steps", steps, "--json", *files),
            "librosa": tools.peer("front_end.py", "librosa", "--steps", steps, *files),
            "torchaudio": tools.peer("front_end.py", "torchaudio", "--steps", steps, *files),
        }
        contenders = [Contender(peer, words, a_song) for peer, words in commands.items()]
        how = "File to the pictures of its 11 clips, mean of eight songs of 30 s, each read once before it is timed."
        work = f"{name} to 11 clips, 1 core"
        yield Row(f"front-end-{format}", work, "ms", False, 1, contenders, how, at_least=at_least, aim=aim)


def one_song(tools: Tools) -> Row:
    song = tools.files("mp3")[0]
    ours = Contender(OURS, tools.ours("classify", "--json", "--threads", 2, song), answer_ms)
    theirs = Contender("PyTorch + librosa", tools.peer("one_song.py", song), answer_ms)
    how = "From the start of the process to its answer, with the embedded model's weights on both sides."
    work = "one mp3 of 30 s, process start to answer"
    return Row("one-song", work, "ms", False, 2, [ours, theirs], how, at_least=20, aim=50, rehearsed=True)


def many_songs(tools: Tools, sizes: Sizes) -> Row:
    folder = tools.many / str(sizes.songs)
    ours = Contender(OURS, tools.ours("classify", "--json", "--threads", 2, "-r", folder), answer_s)
    theirs = Contender("PyTorch + librosa", tools.peer("many_songs.py", folder), answer_s)
    how = "From the start of the process to its last answer, mp3s of 30 s (hard links of eight); Python with two "
    how += "worker processes, batches of about 64 clips, one thread each."
    work = f"{sizes.songs} songs, process start to last answer"
    return Row("many-songs", work, "s", False, 2, [ours, theirs], how, at_least=3, aim=5, rounds_at_most=3)
