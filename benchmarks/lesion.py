"""Blocks deleted at random, by the tree of deletions against one forward pass for each.

    PYTHONPATH=. python benchmarks/lesion.py [SAMPLE [PICTURES]]

50 draws of each of 1 to 10 blocks, through cifar-resnet-56, on the 500 test pictures, or PICTURES of them. Tree: what
the lab does, the deletions in the order of a tree that runs their common beginnings once, by the network in the form
in which everybody is answered: bfloat16 where the CPU multiplies that. Naive: the network as it was built, float32, a
forward pass for every deletion. The naive loop takes minutes, so SAMPLE (25) of the deletions are run, spread over
all of them, and their time is multiplied. How far the logits of the two are apart is told of these.
"""

import sys
import time

import torch

from resnet_core import parse
from resnet_core.experiments.lab import Settings
from resnet_core.experiments.running import CPU, subject
from resnet_core.inference_form import inference_form
from resnet_core.labs.lesion import SLICE, Tree, draws, lesions
from resnet_core.operated import operated
from resnet_core.operation import removable

NETWORK = "cifar-resnet-56"
NUMBERS = range(1, 11)
DRAWS, PICTURES = 50, 500
MOST_SECONDS, LEAST_GAIN = 60.0, 3.0


def main(sample: int, pictures: int = PICTURES) -> None:
    spec = parse(NETWORK)
    on = subject(Settings(model=NETWORK, pictures=pictures), spec)
    form = inference_form(on.network, CPU)
    names = removable(spec)
    every = sorted({deletion for number in NUMBERS for deletion in draws(names, number, DRAWS, 0)})
    print(f"{len(every)} deletions, {pictures} pictures, {torch.get_num_threads()} threads, torch {torch.__version__}")

    begun = time.perf_counter()
    *_, last = lesions(on.network, form, on.pictures, on.truth, NUMBERS, DRAWS)
    tree = time.perf_counter() - begun
    verdict = "under" if tree < MOST_SECONDS else "OVER"
    print(f"tree   {tree:7.1f} s, {verdict} {MOST_SECONDS:.0f} s: {len(last.rows)} numbers of blocks")

    chosen = every[:: max(1, len(every) // sample)]
    spent, worst = 0.0, 0.0
    batch = on.pictures[:SLICE]
    of_tree = {one: logits for some, logits in Tree(on.network, form).leaves(batch, chosen) for one in some}
    for deletion in chosen:
        begun = time.perf_counter()
        with torch.inference_mode():
            logits = torch.cat([operated(on.network, part, without=deletion) for part in on.pictures.split(SLICE)])
        spent += time.perf_counter() - begun
        worst = max(worst, float((logits[:SLICE] - of_tree[deletion]).abs().max() / logits.abs().max()))
    naive = spent * len(every) / len(chosen)
    print(f"naive  {naive:7.1f} s, of {len(chosen)} deletions measured and multiplied")
    gain = naive / tree
    print(f"ratio  {gain:7.2f}, {'at least' if gain >= LEAST_GAIN else 'LESS THAN'} {LEAST_GAIN:g}")
    print(f"their logits differ by {worst:.1e} of the largest at most")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:] or ["25"]))
