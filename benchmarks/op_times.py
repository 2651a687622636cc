"""The ops of a network, each timed, beside one pass that is not: what the map's measured time leaves out or adds.

    PYTHONPATH=. python benchmarks/op_times.py [NETWORK ...]

One picture, float32, random weights, on this machine's device, with nothing else at work.
"""

import sys

from resnet_core import layer_rows, parse
from resnet_core.devices import choose
from resnet_core.op_times import op_times

NETWORKS = ("cifar-resnet-20", "resnet-50", "densenet-121")


def main(names: tuple[str, ...]) -> None:
    device = choose()
    for name in names:
        spec = parse(name)
        (found,) = (step.found for step in op_times(spec, device) if step.found)
        longest = max(zip(found.ops, (row.name for row in layer_rows(spec)), strict=True))
        print(
            f"{name} on {found.device}: {len(found.ops)} ops {found.sum:.2f} ms, whole {found.whole:.2f} ms, ratio "
            f"{found.sum / found.whole:.2f}; medians of {found.passes} passes; longest {longest[1]} {longest[0]:.3f} ms"
        )


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or NETWORKS)
