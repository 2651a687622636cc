"""Every row of the zoo, and every choice beside it, in networks so small that they run in a blink."""

from dataclasses import replace

from resnet_core import FAMILIES, ArchSpec
from resnet_core.spec import BLOCKS, FORMS, ORDERS, RULES, SHORTCUTS, SKIPS, STRIDES_ON

CLASSES = 3
CIFAR = ArchSpec(stem="cifar", depths=(1, 2), width=4, classes=CLASSES, size=(8, 7))
BOTTLENECK = replace(CIFAR, block="bottleneck")
DENSE = ArchSpec(family="densenet", stem="cifar", depths=(1, 2), growth=3, width=4, classes=CLASSES, size=(8, 7))
RESNEXT = replace(BOTTLENECK, groups=2, group_width=3)


def tiny(spec: ArchSpec) -> ArchSpec:
    """A row of the zoo made so small that it learns in a blink; those whose sizes are fixed by their papers are not."""
    small = {
        "depths": (1, 1, 1) if spec.family == "highway" else (1, 1),
        "width": 4,
        "growth": 3,
        "groups": min(spec.groups, 2),
        "group_width": spec.group_width and 3,
        "aux": True,
    }
    spec = replace(spec, **{choice: small[choice] for choice in small.keys() & spec.choices}, classes=CLASSES)
    side = max(spec.wiring.least(spec), 16)
    return replace(spec, size=(side, side))


ROWS = dict.fromkeys(tiny(spec) for family in FAMILIES for spec in family.rows.values())
CHOICES = dict.fromkeys(
    [
        *(replace(base, order=order, skip=skip) for base in (CIFAR, BOTTLENECK) for order in ORDERS for skip in SKIPS),
        *(CIFAR.changed(order=order, shortcut=shortcut) for order in ORDERS for shortcut in SHORTCUTS),
        *(RESNEXT.changed(order=order, form=form) for order in ORDERS for form in FORMS),
        *(replace(CIFAR, order=order, survival=0.3, survival_rule=rule) for order in ORDERS for rule in RULES),
        *(replace(RESNEXT, stride_on=stride_on, shortcut="pool") for stride_on in STRIDES_ON),
        *(replace(DENSE, block=block, compression=share) for block in BLOCKS for share in (0.5, 1)),
    ]
)
