"""Loading the core, against loading Python's own dataclasses and torch: whoever asks for a table waits for this first.

    python benchmarks/loading.py [ROUNDS]

Each in a process of its own, in turn; medians of the processor time that the import takes, and ratios to ours.
"""

import statistics
import subprocess
import sys

PROGRAM = "import time; before = time.process_time(); import {}; print(time.process_time() - before)"
MODULES = ("resnet_core", "dataclasses", "torchinfo", "torch")


def seconds(module: str) -> float:
    return float(subprocess.check_output([sys.executable, "-c", PROGRAM.format(module)], text=True))


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    spent: dict[str, list[float]] = {module: [] for module in MODULES}
    for _ in range(rounds):
        for module in MODULES:
            spent[module].append(seconds(module))
    ours = statistics.median(spent["resnet_core"])
    for module, times in spent.items():
        median = statistics.median(times)
        print(f"import {module:<12} {1000 * median:8.1f} ms  {median / ours:6.1f} ×")


if __name__ == "__main__":
    main()
