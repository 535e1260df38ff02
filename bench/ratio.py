#!/usr/bin/env python3
"""Times `cnpg-lint check` as a whole process against ripgrep over the same YAML files.

    bench/ratio.py [DIRECTORY …]        default: fixtures/bad

Both run in turn in one session, so that whatever else the machine does hits both; what counts is the
ratio of the medians. Needs `rg` on PATH and a release build (`cargo build --release`).
"""

import argparse
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ONE_FILE = """apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: orders
  namespace: shop
spec:
  instances: 3
  imageName: ghcr.io/cloudnative-pg/postgresql:17.5
  storage:
    size: 10Gi
  walStorage:
    size: 2Gi
"""


def run(command, directory):
    """Wall-clock seconds and peak memory in KiB of one run."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"{command[0]} ended with {process.returncode} in {directory}")
    return seconds, usage.ru_maxrss


def pair(one, other, directory, rounds):
    """Medians of two commands that take turns, and the peak memory of the second."""
    first, second, peak = [], [], 0
    for _ in range(3):
        run(one, directory), run(other, directory)
    for _ in range(rounds):
        first.append(run(one, directory)[0])
        seconds, memory = run(other, directory)
        second.append(seconds)
        peak = max(peak, memory)
    return statistics.median(first), statistics.median(second), peak


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="*", default=[HERE.parent / "fixtures" / "bad"])
    parser.add_argument("--binary", default=HERE.parent / "target" / "release" / "cnpg-lint")
    parser.add_argument("--rounds", type=int, default=30)
    arguments = parser.parse_args()
    binary = shutil.which(str(arguments.binary))
    grep = shutil.which("rg")
    if not binary or not grep:
        sys.exit("needs a release build (cargo build --release) and ripgrep (rg)")
    grep = [grep, "--hidden", "-c", "cnpg.io", "-g", "*.yaml", "-g", "*.yml"]
    lint = [binary, "check", "--fail-on", "never", "--root", ".", "."]
    print(f"{'directory':<44} {'rg':>9} {'cnpg-lint':>10} {'ratio':>6} {'peak':>9}")
    for directory in arguments.directories:
        rg, own, peak = pair(grep, lint, directory, arguments.rounds)
        name = str(directory)[-44:]
        print(f"{name:<44} {rg * 1000:>6.1f} ms {own * 1000:>7.1f} ms {own / rg:>6.2f} {peak / 1024:>5.1f} MiB")
    with tempfile.TemporaryDirectory() as directory:
        text = ONE_FILE + "".join(f"# a comment line, number {number:02}, to fill the file up\n" for number in range(56))
        (pathlib.Path(directory) / "cluster.yaml").write_text(text)
        start, own, peak = pair([binary, "--version"], [binary, "check", "cluster.yaml"], directory, arguments.rounds)
        print(f"\none file of {len(text)} bytes: {own * 1000:.1f} ms, {own / start:.2f} times --version ({start * 1000:.1f} ms), peak {peak / 1024:.1f} MiB")


main()
