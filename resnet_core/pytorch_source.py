"""A network as a PyTorch file that stands alone: only torch is needed, and its state_dict is the network's."""

import re
from collections.abc import Iterator, Mapping
from textwrap import wrap

from . import units
from .algebra import Block, Plan
from .codec import nearest
from .counts import CONVENTION
from .describe import subtitle, title
from .plan import plan
from .rows import totals
from .source.classes import class_text, network_text
from .source.forms import Form, Leaf, Use, forms, literal
from .source.held import Decay
from .source.layout import WIDEST
from .source.ops import HELPERS
from .spec import ArchSpec
from .zoo import family_of


def pytorch_source(spec: ArchSpec) -> str:
    """The source of a module with the keys, the shapes and the outputs of `build(spec)`."""
    network = plan(spec)
    known = forms(network)
    decay = Decay(sum(spec.depths), spec.survival) if spec.survival < 1 else None
    name = class_name(spec)
    doc = f"{title(spec)}: pictures N,{spec.channels},H,W to logits N,{spec.classes}."
    classes = [class_text(form) for form in {form.name: form for form, _ in known.values()}.values()]
    body = [*classes, network_text(name, doc, list(_leaves(network, known)), decay)]
    text = "\n".join(body)
    helpers = [helper for call, helper in HELPERS.items() if call in text]
    ordered = "from collections import OrderedDict\n\n" if "OrderedDict" in "".join(helpers) else ""
    functional = "from torch.nn import functional as F\n" if "F." in "".join((*helpers, text)) else ""
    imports = f"{ordered}import torch\nfrom torch import nn\n{functional}"
    return "\n\n".join([f"{_header(spec)}\n{imports}", *helpers, *body, _main(spec, name)])


def class_name(spec: ArchSpec) -> str:
    """The network's title as a Python name: "ResNet50V1_5", "ResNeXt50_32x4d", "CIFARDenseNetBC100_k12"."""
    words = title(spec).replace("×", "x").replace(" (", "_").replace(".", "_").split()
    return re.sub(r"\W", "", "".join(word[:1].upper() + word[1:] for word in words))


def _leaves(network: Plan, known: Mapping[Block, tuple[Form, Use]]) -> Iterator[Leaf]:
    for name, block in network.blocks():
        if name:
            yield Leaf(name, known[block][1], True, True)
        else:
            yield from map(literal, block.ops())


def _header(spec: ArchSpec) -> str:
    of, (height, width) = totals(spec), spec.size
    paragraphs = (
        f"{title(spec)}: {subtitle(spec)}.",
        "",
        f"{units.exact(of.params)} parameters, {units.exact(of.macs)} multiply-adds at {height}×{width}.",
        f"Counting: {CONVENTION}.",
        f"Paper: {family_of(nearest(spec)).paper}.",
        "",
        "Needs torch alone, and its state_dict has the names of torchvision. Made by ResNet Explorer:",
    )
    lines = [line for text in paragraphs for line in (wrap(text, WIDEST, break_on_hyphens=False) or [""])]
    made_by = f"python -m resnet_core export {spec} --format pytorch"  # in one line, however long, to be copied
    return "\n".join((f'"""{lines[0]}', *lines[1:], made_by, '"""', ""))


def _main(spec: ArchSpec, name: str) -> str:
    height, width = spec.size
    return f"""if __name__ == "__main__":
    network = {name}().eval()
    print(f"{{sum(p.numel() for p in network.parameters()):,}} parameters")  # {units.exact(totals(spec).params)}
    with torch.no_grad():
        print(network(torch.zeros(1, {spec.channels}, {height}, {width})).shape)
"""
