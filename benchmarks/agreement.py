"""What the fast form costs in accuracy: of trained networks, how often its likeliest class is that of float32.

    PYTHONPATH=. python benchmarks/agreement.py DATA [NETWORK ...]

DATA holds CIFAR-10 as `python -m resnet_core train` takes it. Every picture of the test sets goes through both forms.
"""

import sys
from pathlib import Path

import torch

from resnet_core import parse
from resnet_core.devices import choose, machine_in_words
from resnet_core.execution import exact_form
from resnet_core.inference_form import fastest, inference_form
from resnet_core.loading import read_weights
from resnet_core.training.data import load
from resnet_core.training.inputs import normalised
from resnet_core.weights import cards, require_card

AT_ONCE = 250


@torch.inference_mode()
def main(folder: Path, names: tuple[str, ...]) -> None:
    device = choose()
    print(f"{fastest(device)} against torch.float32 on {machine_in_words(device)}")
    chosen = [require_card(parse(name)) for name in names] or [card for card in cards() if card.spec.classes == 10]
    tests = load(folder).tests
    for card in chosen:
        exact = exact_form(card.spec, read_weights(card), device)
        fast = inference_form(exact, device)
        for name, images in tests.items():
            alike = right = fast_right = 0
            for pixels, labels in zip(images.pixels.split(AT_ONCE), images.labels.split(AT_ONCE), strict=True):
                x = normalised(pixels.to(device))
                ours, theirs = (network(x).argmax(1).cpu() for network in (fast, exact))
                alike += int((ours == theirs).sum())
                right += int((theirs == labels).sum())
                fast_right += int((ours == labels).sum())
            of = len(images)
            print(
                f"{card.name} on {name}: the same class for {alike:,} of {of:,} pictures ({alike / of:.2%}); "
                f"right: {fast_right / of:.2%} against {right / of:.2%}"
            )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("Name the folder of CIFAR-10: python benchmarks/agreement.py DATA [NETWORK ...]")
    main(Path(sys.argv[1]), tuple(sys.argv[2:]))
