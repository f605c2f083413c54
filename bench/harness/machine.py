"""What the machine is, which of its cores to use, and whether it is quiet."""
import os
import platform
import subprocess
import time
from pathlib import Path

QUIET_SHARE = 0.05
VECTORS = ["sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx512_bf16", "amx_tile", "asimd", "sve"]
NAMES = ["torch", "torchaudio", "librosa", "soundfile", "onnxruntime", "openvino"]
VERSIONS = f"import importlib.metadata as m; print(*[n + ' ' + m.version(n) for n in {NAMES}], sep=', ')"


def describe(python: Path) -> dict[str, str]:
    """The machine and every version that a figure may depend on."""
    flags = (cpu_info("flags") or cpu_info("Features")).split()
    return {
        "processor": cpu_info("model name") or platform.machine(),
        "cores": f"{os.cpu_count()} ({len(cores())} physical)",
        "vector extensions": " ".join(name for name in VECTORS if name in flags),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "system": f"{system()}, Linux {platform.release()}",
        "compiler": output("rustc", "--version"),
        "peers": f"Python {output(python, '-c', 'import platform; print(platform.python_version())')}, "
        + output(python, "-c", VERSIONS),
    }


def cpu_info(key: str) -> str:
    """A line of /proc/cpuinfo."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""


def system() -> str:
    """The distribution's own name for itself."""
    return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")


def output(*command: object) -> str:
    """What a command prints, or that it is not there."""
    try:
        return subprocess.run(map(str, command), capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "not found"


def commit() -> str:
    """The commit, and whether files differ from it."""
    dirty = output("git", "status", "--porcelain", "--untracked-files=no")
    return output("git", "rev-parse", "--short", "HEAD") + (" with changes" if dirty else "")


def cores() -> list[int]:
    """One CPU of each physical core that this process may use; siblings would share a core's arithmetic."""
    allowed, chosen, taken = os.sched_getaffinity(0), [], set()
    for cpu in sorted(allowed):
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        core = siblings.read_text() if siblings.exists() else cpu
        if core not in taken:
            taken.add(core)
            chosen.append(cpu)
    return chosen


def cpus(threads: int) -> set[int]:
    """The last physical cores: the first tends to serve interrupts."""
    found = cores()
    if len(found) < threads:
        raise SystemExit(f"{threads} physical cores are needed, {len(found)} may be used")
    return set(found[-threads:])


def busy_share(seconds: float) -> float:
    """The share of all cores' time in which somebody else works, or the host takes the core away."""
    before = times()
    time.sleep(seconds)
    spent = [after - start for start, after in zip(before, times())]
    idle = spent[3] + spent[4]
    return 1 - idle / max(sum(spent), 1)


def times() -> list[int]:
    """user, nice, system, idle, waiting, interrupts, soft interrupts, stolen."""
    return [int(word) for word in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]


def wait_until_quiet(patience_s: float) -> dict[str, float]:
    """Waits until almost nothing runs, for so long at most, and says how quiet it got."""
    end = time.monotonic() + patience_s
    while (share := busy_share(1)) > QUIET_SHARE and time.monotonic() < end:
        pass
    return {"busy": round(share, 3), "load": round(os.getloadavg()[0], 2)}
