"""Classes of PyTorch code: what a module holds, and how it runs."""

from collections.abc import Iterator, Sequence

from ..algebra import Op
from ..describe import AROUND
from ..diagram import shortcut_of
from .forms import Form, Leaf
from .held import Decay, Part, attributes, held, loop_over
from .layout import Call, laid
from .names import ASIDE

LONGEST = 88
"""Letters of an expression to which nothing more is put."""


def class_text(form: Form) -> str:
    """The class of a form of blocks."""
    if form.many:
        return "\n".join(_many(form)) + "\n"
    paths = [list(attributes(leaves)) for leaves in form.paths]
    pre, post = list(attributes(form.pre)), list(attributes(form.post))
    names = form.parameters.names
    out = [f"class {form.name}(nn.Module):", f'    """{_described(form)}"""', ""]
    held_parts = [part for part in (*pre, *(part for path in paths for part in path), *post) if part.made is not None]
    out += [f"    def __init__({', '.join(['self', *names])}):", "        super().__init__()"]
    for part in held_parts:
        out += laid(part.made or "", 8, f"self.{part.name} = ")
    out += (f"        nn.init.constant_({name}.bias, {start})" for name, start in _biases(form))
    if form.example.survival < 1:
        out.append(f"        self.survival = {form.survival}")
    out += ["", "    def forward(self, x):", *(f"        {line}" for line in _forward(form, pre, paths, post))]
    return "\n".join(out) + "\n"


def network_text(name: str, doc: str, leaves: Sequence[Leaf], decay: Decay | None) -> str:
    """The class of a whole network: its modules, its initialisation, and its forward."""
    parts = list(attributes(leaves, decay))
    out = [f"class {name}(nn.Module):", f'    """{doc}"""', "", "    def __init__(self):", "        super().__init__()"]
    for part in parts:
        if part.made is not None:
            out += laid(part.made, 8, f"self.{part.name} = ")
    out += [
        "        for module in self.modules():",
        "            if isinstance(module, nn.Conv2d):  # He et al. 2015, arXiv:1502.01852, in its fan-out form",
        '                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")',
        "",
        "    def forward(self, x):",
    ]
    before, last = _run(parts, "x", "x")
    out += [f"        {line}" for line in (*before, f"return {last}")]
    return "\n".join(out) + "\n"


def _many(form: Form) -> Iterator[str]:
    """Paths side by side, as the modules of a list."""
    number = len(form.example.paths)
    yield f"class {form.name}(nn.ModuleList):"
    yield f'    """{number} paths, {"one behind the other" if form.example.join == "concat" else "added"}."""'
    yield ""
    yield f"    def __init__({', '.join(['self', *form.parameters.names])}):"
    loop = loop_over(form.loop) if form.loop else f"for _ in range({number})"
    yield from laid(Call("super().__init__", (held([(leaf.name, leaf) for leaf in form.paths[0]]),), loop), 8)
    yield ""
    yield "    def forward(self, x):"
    every = "path(x) for path in self"
    yield f"        return {f'torch.cat([{every}], 1)' if form.example.join == 'concat' else f'sum({every})'}"


def _described(form: Form) -> str:
    """Its convolutions in words, and what goes around them."""
    block = form.example
    if block.join == "aside":
        return "A head beside the network, of which only training makes use: after a pass its answer is in `logits`."
    if block.join == "carry":
        return "What a gate lets pass: (1 − T)·x."
    if block.join == "concat" and not shortcut_of(block):
        return "Branches of convolutions and of pooling, one behind the other."
    kernels = [f"{op.kernel}×{op.kernel}" for op in block.ops() if op.kind == "conv" and not _is_around(op)]
    free = any(column.unit == "kernel" for column in form.parameters.columns)
    many = f"{'k×k' if free else ', '.join(kernels)} convolution{'s' if len(kernels) > 1 else ''}"
    if block.join == "concat":
        return f"{many}; the output goes behind the input."
    if block.join == "gate":
        return f"{many}: T·H + (1 − T)·x."
    around = shortcut_of(block)
    return f"{many}{f', and a shortcut ({AROUND[around]})' if around else ''}."


def _is_around(op: Op) -> bool:
    """Whether it is no convolution of the main path, or one of a path like the first."""
    number = op.name.partition(".")[0]
    return op.name.startswith(ASIDE) or (number.isdigit() and number != "0")


def _biases(form: Form) -> Iterator[tuple[str, float]]:
    """The convolutions whose biases have a value to start from."""
    for path in form.example.paths:
        for item in path.items:
            if isinstance(item, Op) and item.start is not None:
                root, number = item.name.split(".")
                yield f"self.{root}[{number}]", item.start


def _run(parts: Sequence[Part], x: str, variable: str) -> tuple[list[str], str]:
    """Parts one after the other: lines that assign to a variable, and the expression that is left."""
    lines: list[str] = []
    expression, convolved, contained = x, False, False
    begins_with_norm = bool(parts) and not parts[0].convolves and not parts[0].contains
    for part in parts:
        full = convolved and (begins_with_norm or part.convolves)
        if expression != variable and (full or contained or part.contains or len(expression) > LONGEST):
            if expression != x:
                lines.append(f"{variable} = {expression}")
                expression = variable
            convolved = False
        expression = part.applied(expression)
        convolved = convolved or part.convolves
        contained = part.contains
    return lines, expression


def _forward(form: Form, pre: list[Part], paths: list[list[Part]], post: list[Part]) -> Iterator[str]:
    block = form.example
    x = "x"
    if pre:
        _, normed = _run(pre, "x", "x")
        yield f"x = {normed}"
    if block.join == "none":
        lines, y = _run([*paths[0], *post], x, "x")
        yield from lines
        yield f"return {y}"
        return
    if block.join == "aside":
        lines, y = _run(paths[1], x, "y")
        yield from lines
        yield f"self.logits = {y}"
        yield "return x"
        return
    roles = [path.role for path in block.paths]
    ends = []
    around = ""
    if block.survival < 1:
        _, around = _run(paths[roles.index("shortcut")], x, "x")
        yield 'if self.training and torch.rand((), device="cpu") >= self.survival:  # not in this step'
        yield f"    return {_run(post, around, 'x')[1]}"
    for number, path in enumerate(paths):
        if not path:
            ends.append(x)
            continue
        variable = f"branch{number + 1}" if roles[number] == "branch" else _VARIABLES[roles[number]]
        lines, end = _run(path, x, variable)
        yield from lines
        if (lines and roles[number] != "branch") or (block.join == "carry" and roles[number] == "shortcut"):
            yield f"{variable} = {end}"
            end = variable
        ends.append(end)
    if block.survival < 1:
        weight = (
            "1 / self.survival if self.training else 1" if block.inverted else "1 if self.training else self.survival"
        )
        met = f"torch.add({around}, {ends[roles.index('residual')]}, alpha={weight})"
    else:
        met = _met(block.join, ends)
    yield f"return {_run(post, met, 'x')[1]}"


_VARIABLES = {"residual": "y", "gate": "t", "shortcut": "carried"}


def _met(join: str, ends: Sequence[str]) -> str:
    if join == "add":
        return " + ".join(ends)
    if join == "concat":
        return f"torch.cat([{', '.join(ends)}], 1)"
    if join == "gate":
        transform, gate, carried = ends
        return f"torch.lerp({carried}, {transform}, {gate})"
    gate, carried = ends
    return f"torch.addcmul({carried}, {gate}, {carried}, value=-1)"
