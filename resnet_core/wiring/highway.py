"""Highway nets, Srivastava, Greff, Schmidhuber 2015, arXiv:1505.00387 and 1507.06228: y = H(x)·T(x) + x·(1 − T(x)).

The papers print the depths and the numbers of parameters of their convolutional nets, not their widths. Here they are
those of FitNet-4, on which the first was modelled, as multiples of `width`: 2 and 3, then 5, then 8. Layers that
change the width have no gate, for there is nothing of the right shape to carry.
"""

from ..algebra import Block, Op, Path, Plan, Stage, chain, folded
from ..spec import ArchSpec, SpecError
from .wiring import Wiring, classifier, summed

STAGES = 3
WIDTHS = ((2, 3), (5, 5), (8, 8))  # of each stage: its first half, its second


def _layers(spec: ArchSpec) -> int:
    return sum(spec.depths) + 1


def depths_of(spec: ArchSpec, layers: int) -> tuple[int, ...]:
    """Layers per stage, as even as can be, the first ones deeper. Raises SpecError for fewer than one each."""
    if layers < STAGES + 1:
        raise SpecError(f"{layers} layers are too few for {STAGES} stages: choose {STAGES + 1} or more.")
    each, more = divmod(layers - 1, STAGES)
    return tuple(each + (stage < more) for stage in range(STAGES))


def _check(spec: ArchSpec) -> None:
    if len(spec.depths) != STAGES:
        raise SpecError(f"A Highway net has {STAGES} stages here: give depths such as 6-6-6.")


def _plan(spec: ArchSpec) -> Plan:
    stages = []
    c, number = 3, 0
    for i, (depth, (first, second)) in enumerate(zip(spec.depths, WIDTHS, strict=True), start=1):
        blocks = []
        for layer in range(depth):
            number += 1
            out = spec.width * (first if layer < (depth + 1) // 2 else second)
            kernel = 1 if spec.alternate and number % 2 == 0 else 3
            blocks.append((f"layer{i}.{layer}", _layer(spec, c, out, kernel)))
            c = out
        runs = list(folded(blocks))
        if i < STAGES:
            runs.append(chain(Op("maxpool", f"pool{i}", c, c, 2, 2)))
        stages.append(Stage(f"stage {i}", tuple(runs)))
    stages.append(classifier(c, spec.classes))
    return Plan(tuple(stages))


def _layer(spec: ArchSpec, c: int, out: int, kernel: int) -> Block:
    transform = (
        Op("conv", "transform.0", c, out, kernel, 1, kernel // 2, bias=True),
        Op("relu", "transform.1", out, out, inplace=True),
    )
    if c != out:
        return Block((Path("branch", transform),))
    gate = (
        Op("conv", "gate.0", c, out, kernel, 1, kernel // 2, bias=True, start=spec.gate_bias),
        Op("sigmoid", "gate.1", out, out),
    )
    return Block((Path("residual", transform), Path("gate", gate), Path("shortcut")), "gate")


HIGHWAY = Wiring(
    kind="Highway net",
    choices=frozenset(["depths", "width", "gate_bias", "alternate", "classes", "size"]),
    plan=_plan,
    title=lambda spec: f"CIFAR Highway-{_layers(spec)}",
    layers=_layers,
    formula=lambda spec: f"{summed(spec.depths)} + 1",
    depths=depths_of,
    least=lambda spec: 2 ** (STAGES - 1),
    check=_check,
)
