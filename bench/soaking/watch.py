"""What processes hold, as Linux tells it."""
import http.client
import re
from pathlib import Path


def family(pid):
    """The process and its children."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            pass
    return found


def held(pid):
    """Memory (MiB), open handles and threads of one process; zeros once it is gone."""
    place = Path(f"/proc/{pid}")
    try:
        rollup = (place / "smaps_rollup").read_text()
        status = (place / "status").read_text()
        handles = sum(1 for _ in (place / "fd").iterdir())
    except OSError:
        return {"rss": 0.0, "pss": 0.0, "handles": 0, "threads": 0}
    kib = {name: int(value) for name, value in re.findall(r"^(Rss|Pss):\s+(\d+) kB", rollup, re.M)}
    threads = int(re.search(r"^Threads:\s+(\d+)", status, re.M)[1])
    return {"rss": kib["Rss"] / 1024, "pss": kib["Pss"] / 1024, "handles": handles, "threads": threads}


def look(service, address):
    """One row of the log: the service alone, its workers, and all together."""
    alone, workers = held(service), [held(pid) for pid in family(service)[1:]]
    everybody = [alone, *workers]
    return {
        "service_rss_mb": round(alone["rss"], 2),
        "service_pss_mb": round(alone["pss"], 2),
        "workers_pss_mb": round(sum(one["pss"] for one in workers), 2),
        "all_rss_mb": round(sum(one["rss"] for one in everybody), 2),
        "all_pss_mb": round(sum(one["pss"] for one in everybody), 2),
        "service_handles": alone["handles"],
        "all_handles": sum(one["handles"] for one in everybody),
        "service_threads": alone["threads"],
        "all_threads": sum(one["threads"] for one in everybody),
        "workers": len(workers),
        "workers_replaced": replaced(address),
    }


def replaced(address):
    """How many workers have been replaced since the start, as the service counts them; -1 if it does not answer."""
    try:
        connection = http.client.HTTPConnection(address, timeout=20)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
    except (OSError, http.client.HTTPException):
        return -1
    return sum(int(float(count)) for count in re.findall(r"^genrefold_workers_replaced_total\{.*\} (\S+)", text, re.M))
