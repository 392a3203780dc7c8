"""The aggregate beside its peers: run.py WHITESPOT FILE RESOLUTION [ROUNDS] [ENGINE ...]

Every program runs as a process of its own, all of them in turn, ROUNDS times; medians. CPU seconds are user and system time of
the process, from its start to its end, so that loading Python counts for the peers (an empty Python is printed beside).
"""

import atexit
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

whitespot, file, resolution = sys.argv[1:4]
rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 5
PEERS = ["polars", "chdb", "duckdb", "datafusion", "polars-given", "chdb-given", "duckdb-given", "read"]
peers = sys.argv[5:] or PEERS
here = os.path.dirname(os.path.abspath(__file__))
scratch = tempfile.mkdtemp(prefix="whitespot-bench-")
atexit.register(shutil.rmtree, scratch, ignore_errors=True)
out = os.path.join(scratch, "hexagons.csv")


def ours(*more):
    return [
        whitespot, "aggregate", file, "--resolution", resolution, "--metrics", "download,latency",
        "--quantiles", "0.1,0.5", "--threads", "2", "--output", out, *more,
    ]  # fmt: skip


programs = {"whitespot": ours(), "whitespot, hexagons given": ours("--columns", f"hex=h3_{resolution}")}
programs |= {peer: [sys.executable, os.path.join(here, "peers.py"), peer, file, resolution] for peer in peers}
programs["empty Python"] = [sys.executable, "-c", "import pyarrow.parquet"]


def sums():
    """What the peers print, of our file."""
    hexagons, total = 0, [0.0] * 5
    with open(out) as lines:
        names = next(lines).strip().split(",")
        wanted = ["tests", "devices", "download_p10_mbps", "download_p50_mbps", "latency_p50_ms"]
        columns = [names.index(name) for name in wanted]
        for line in lines:
            values = line.strip().split(",")
            hexagons += 1
            for at, column in enumerate(columns):
                total[at] += float(values[column])
    return f"{hexagons} {total[0]:.0f} {total[1]:.0f} {total[2]:.1f} {total[3]:.1f} {total[4]:.1f}"


seen = {name: [] for name in programs}
said = {}
for _ in range(rounds):
    for name, command in programs.items():
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        output = process.stdout.read()
        errors = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        if status != 0:
            said[name] = "failed: " + errors.strip().splitlines()[-1][:90] if errors.strip() else "failed"
            continue
        seen[name].append((used.ru_utime + used.ru_stime, wall, used.ru_maxrss / 1024))
        said[name] = sums() if name.startswith("whitespot") else output.strip()

first = statistics.median(cpu for cpu, _, _ in seen["whitespot"])
print(f"{file}, resolution {resolution}, medians of {rounds}")
print(f"{'program':<28}{'CPU s':>8}{'x ours':>8}{'wall s':>8}{'MB':>8}  hexagons, tests, devices, sums of p10, p50, latency")
for name, runs in seen.items():
    if runs:
        cpu, wall, memory = (statistics.median(values) for values in zip(*runs))
        print(f"{name:<28}{cpu:>8.2f}{cpu / first:>8.2f}{wall:>8.2f}{memory:>8.0f}  {said[name]}")
    else:
        print(f"{name:<28}{said.get(name, 'failed')}")
