"""The experiments, a row each. What braces name in a text is computed, or looked up as published, when it is read."""

from .. import units
from . import answers
from .lab import Chart, Column, Lab, SettingError, Settings

_TESTED = (
    "CIFAR-10's own test pictures; our nets were trained for 10 epochs, mostly on strongly compressed pictures, and err "
    "more than the paper's."
)


def _tiny(value: float | None) -> str:
    return "–" if value is None else f"{value:.1e}"


def _percent(value: float | None) -> str:
    return "–" if value is None else units.percent(value)


def _measured(value: float | None) -> str:
    return "–" if value is None else units.measured(value)


def _count(value: float) -> str:
    return units.exact(int(value))


LABS = (
    Lab(
        name="lesion",
        question="What becomes of a trained network when blocks are deleted?",
        guesses=("it falls to chance at once", "it loses a little with every block", "it does not change"),
        right=1,
        claim="A ResNet bears the loss of a block; a plain net does not.",
        source="Veit 2016, arXiv:1605.06431, sections 4.1 and 4.2, Fig. 3 to 5",
        paper="Deleting any one of the {blocks of cifar-resnet-110-v2} blocks of a ResNet of 110 layers hardly changes "
        "its error on CIFAR-10, those that change the shape a little more. Deleting one layer of VGG leaves chance. "
        "With several blocks deleted at random the error rises smoothly.",
        limits=f"{_TESTED} The paper's ResNet has pre-activation and 54 blocks, ours post-activation and 27. Its plain "
        "net is VGG, ours the ResNet without shortcuts, of which whole blocks of two layers are taken, and only those "
        "that keep the shape. Blocks that change the shape keep their shortcut alone. Chance errs in 90 %.",
        columns=(
            Column("network"),
            Column("blocks deleted", _count),
            Column("draws", _count),
            Column("pictures", _count),
            Column("wrong", _percent),
            Column("wrong ±", _percent),
            Column("answer changed", _percent),
            Column("answer changed ±", _percent),
            Column("divergence, nats", _measured),
            Column("divergence, nats ±", _measured),
            Column("of five classes kept", _measured),
            Column("of five classes kept ±", _measured),
        ),
        chart=Chart(
            "blocks deleted",
            (("wrong",), ("answer changed",), ("divergence, nats",), ("of five classes kept",)),
            by="network",
        ),
        takes=("model", "pictures", "draws"),
        usual=Settings(draws=50),
        answer=answers.lesion,
    ),
    Lab(
        name="paths",
        question="How long are the paths on which a ResNet learns?",
        guesses=("as long as most paths are", "shorter than most paths", "all of the same weight"),
        right=1,
        claim="The gradient comes over short paths, which are few.",
        source="Veit 2016, arXiv:1605.06431, sections 3 and 4.3, Fig. 6",
        paper="Of the {paths of 54} paths of a net of 54 blocks more than 95 % go through 19 to 35 of them (computed: "
        "{path share of 54 19–35}). The gradient comes over those of 5 to 17 blocks, {printed paths of 5 to 17 modules "
        "of cifar-resnet-110-v2} of all paths (computed: {path share of 54 5–17}). Texts that say 9 to 18 would mean "
        "{path share of 54 9–18}.",
        limits="Few pictures, few paths of each length, and a net of 27 blocks with ReLU behind each sum: there a path "
        "is not quite free of the others, for their signal decides which ReLU is open. The gradient is measured in a "
        "trained net, not during training.",
        columns=(
            Column("blocks on the path", _count),
            Column("paths drawn", _count),
            Column("share of all paths", _percent),
            Column("gradient of one path", _tiny),
            Column("share of the gradient", _percent),
        ),
        chart=Chart(
            "blocks on the path",
            (("share of all paths", "share of the gradient"), ("gradient of one path",)),
            log=("gradient of one path",),
        ),
        takes=("model", "pictures", "draws"),
        usual=Settings(pictures=8, draws=8),
        answer=answers.paths,
    ),
    Lab(
        name="degradation",
        question="Does a deeper net learn better?",
        guesses=("yes, plain or residual", "only with shortcuts", "neither"),
        right=1,
        claim="Plain nets get worse with depth, residual nets better.",
        source="He 2015, arXiv:1512.03385, section 4.2, Fig. 6, Table 6",
        paper="After 64,000 steps a plain net of 56 layers errs more than one of 20, in training too. ResNets go the other "
        "way: {printed error of cifar-resnet-20} with 20 layers, {printed error of cifar-resnet-56} with 56, "
        "{printed error of cifar-resnet-110} with 110.",
        limits="One run of each net, from one seed, over 10 epochs instead of the paper's 164, mostly on strongly compressed "
        "pictures; the test pictures of the curve are compressed too. What runs here is a short run on 2,000 pictures: a "
        "trend only.",
        columns=(
            Column("network"),
            Column("epochs", _measured),
            Column("loss, nats", _measured),
            Column("wrong in training", _percent),
            Column("wrong in the test", _percent),
        ),
        chart=Chart("epochs", (("wrong in the test",), ("wrong in training",), ("loss, nats",)), by="network"),
        takes=("seconds",),
        usual=Settings(seconds=120),
        answer=answers.degradation,
    ),
    Lab(
        name="gradients",
        question="Do gradients vanish in a plain net of 56 layers?",
        guesses=("yes, the first layers get none", "no"),
        right=1,
        claim="Gradients vanish in plain nets.",
        source="He 2015, arXiv:1512.03385, section 4.1",
        paper="The difficulty of plain nets is “unlikely to be caused by vanishing gradients”: with batch norm forward "
        "signals have variances that are not zero, and backward gradients have healthy norms.",
        limits="Norms of the gradient of each layer's weights, by those of the weights, in one batch of 64 pictures, at the "
        "start and after some seconds of training from one seed. All four nets have batch norm.",
        columns=(
            Column("network"),
            Column("layer", _count),
            Column("gradient at the start", _tiny),
            Column("gradient at the last test", _tiny),
        ),
        chart=Chart(
            "layer",
            (("gradient at the start",), ("gradient at the last test",)),
            by="network",
            log=("gradient at the start", "gradient at the last test"),
        ),
        takes=("seconds",),
        usual=Settings(seconds=60),
        answer=answers.gradients,
    ),
    Lab(
        name="equivalences",
        question="One function, several forms: which pairs are equal?",
        guesses=("none but by training", "some", "all"),
        right=2,
        claim="What the papers call the same is the same, with the same weights.",
        source="Xie 2017, arXiv:1611.05431, Fig. 3, and the papers beside each pair",
        paper="Paths that are added, paths that are concatenated early, and a grouped convolution are one block in three "
        "forms. Highway with its gate at ½ is constant scaling; pre-activation is the old chain with the brackets moved.",
        limits="Equal in function is not equal in training: the same function can be reached by other steps. Random "
        "weights, 4 random pictures, small nets. Times are of one machine, on the CPU. Folded batch norm is computed in "
        "single precision alone.",
        columns=(
            Column("claim"),
            Column("one"),
            Column("other"),
            Column("difference, double", _tiny),
            Column("difference, single", _tiny),
            Column("parameters of one", _count),
            Column("parameters of the other", _count),
            Column("ms for one", _measured),
            Column("ms for the other", _measured),
        ),
        chart=Chart(
            "other",
            (("difference, double", "difference, single"), ("ms for one", "ms for the other")),
            kind="bars",
            log=("difference, double", "difference, single"),
        ),
        takes=(),
        usual=Settings(),
        answer=answers.equivalences,
    ),
    Lab(
        name="pathways",
        question="Over which of its two pathways does the gradient come back?",
        guesses=("mostly through F", "mostly by the shortcut", "half and half"),
        right=1,
        claim="The shortcut carries the gradient to every block.",
        source="He 2016, arXiv:1603.05027, section 2, eq. 5",
        paper="The gradient at a block is a sum: one part comes by the shortcuts, untouched by any weight, the other "
        "through the residual paths. The first cannot vanish for a whole batch, however small the weights are.",
        limits="A trained net of post-activation, whose ReLU after each sum touches the shortcut too; norms of gradients "
        "summed over few pictures, and norms of two parts do not add up to that of the sum.",
        columns=(
            Column("block"),
            Column("whole gradient", _measured),
            Column("by the shortcut", _measured),
            Column("through F", _measured),
            Column("F by shortcut", _measured),
        ),
        chart=Chart("block", (("whole gradient", "by the shortcut", "through F"), ("F by shortcut",))),
        takes=("model", "pictures"),
        usual=Settings(pictures=16),
        answer=answers.pathways,
    ),
    Lab(
        name="scaling",
        question="What if every shortcut is weighed by λ?",
        guesses=("nothing much", "the gradient shrinks as a power of λ"),
        right=1,
        claim="Only the identity lets the gradient through many blocks.",
        source="He 2016, arXiv:1603.05027, section 3, eq. 8",
        paper="With λ on the shortcuts the part that comes straight from the end has a factor λ for every block on the way: "
        "of many blocks it vanishes for λ < 1, and explodes for λ > 1. Trained with ½ on both paths, 110 layers err in "
        "{printed error of cifar-resnet-110,skip=scaling} instead of {printed error of cifar-resnet-110, Table 1}.",
        limits="λ is put on a net that was trained without it: what training would make of it is the paper's experiment. "
        "The drawn power is that of the direct part; the residual paths add theirs.",
        columns=(Column("factor"), Column("block"), Column("gradient", _tiny), Column("power of λ", _tiny)),
        chart=Chart("block", (("gradient",), ("power of λ",)), by="factor", log=("gradient", "power of λ")),
        takes=("model", "pictures", "factor"),
        usual=Settings(pictures=16, factor=1.1),
        answer=answers.scaling,
    ),
    Lab(
        name="dropping",
        question="How deep is a network whose blocks are dropped at random?",
        guesses=("half as deep", "three quarters as deep", "as deep as it was"),
        right=1,
        claim="With a last survival of ½, three quarters of the blocks train.",
        source="Huang 2016, arXiv:1603.09382, sections 3 and 4, eq. 4 and 5",
        paper="With linear decay to ½, {expected blocks of cifar-resnet-110-sd} of 54 blocks take part on average, and "
        "training takes about a quarter less time. The error on CIFAR-10 falls from {printed error of "
        "cifar-resnet-110,shortcut=pool} to {printed error of cifar-resnet-110-sd}. It did not help everywhere: on "
        "ImageNet a ResNet-152 erred in {printed top-1 error of resnet-152-v1.5,survival=0.5} with it, in "
        "{printed top-1 error of resnet-152-v1.5} without.",
        limits="Multiply-adds are counted, time is not measured, and no network is trained here: the errors are the paper's.",
        columns=(
            Column("block"),
            Column("takes part with", _percent),
            *(Column(f"step {number}") for number in range(1, 6)),
        ),
        chart=Chart("block", (("takes part with",),), kind="bars"),
        takes=("model", "survival"),
        usual=Settings(model="cifar-resnet-110"),
        answer=answers.dropping,
    ),
    Lab(
        name="beginnings",
        question="Which shortcut, which order lets a gradient through 54 blocks?",
        guesses=("all of them do", "those that leave the shortcut alone"),
        right=1,
        claim="The variants that err most block the shortcut from the start.",
        source="He 2016, arXiv:1603.05027, Tables 1 and 2",
        paper="Whatever stands on the shortcut makes 110 layers harder to train, and so does what stands behind the sum: "
        "best is the bare identity, with batch norm and ReLU before the weights.",
        limits="Networks before training, one seed, few pictures, with batch norm's statistics of that batch: what the "
        "gates learn to open is not seen. The errors are the paper's, of trained nets; “fail” is an error above 20 %.",
        columns=(
            Column("variant"),
            Column("error in the paper, %"),
            Column("signal, last by first block", _tiny),
            Column("gradient, first by last block", _tiny),
            Column("by shortcuts alone", _tiny),
            Column("loss at the start", _measured),
        ),
        chart=Chart(
            "variant",
            (("by shortcuts alone",), ("gradient, first by last block",), ("signal, last by first block",)),
            kind="bars",
            log=("by shortcuts alone", "gradient, first by last block", "signal, last by first block"),
        ),
        takes=("pictures",),
        usual=Settings(pictures=16),
        answer=answers.beginnings,
    ),
    Lab(
        name="highway",
        question="How much passes fifty Highway layers before training?",
        guesses=("all of it", "next to nothing, unless the gates' bias says so"),
        right=1,
        claim="A Highway net needs a negative gate bias; a ResNet needs nothing.",
        source="Srivastava 2015, arXiv:1505.00387, section 2.2; He 2016, arXiv:1603.05027, section 3.1",
        paper="A negative bias makes a deep Highway net carry its input at first, between −1 and −10 for every depth that "
        "was tried. With the gate frozen at ½ it is constant scaling, with which 110 layers err in {printed error of "
        "cifar-resnet-110,skip=scaling}.",
        limits="The gates' weights are taken as small, so that the bias alone decides: (1 − σ(b)) to the number of layers. "
        "Training moves the gates; what the transforms add is left out.",
        columns=(Column("bias"), Column("layers", _count), Column("passes", _percent)),
        chart=Chart("layers", (("passes",),), by="bias"),
        takes=("bias",),
        usual=Settings(bias=-2),
        answer=answers.highway,
    ),
)


def lab(name: str) -> Lab:
    """The experiment of a name. Raises SettingError, which names all."""
    found = next((one for one in LABS if one.name == name), None)
    if found is None:
        raise SettingError(f"There is no experiment {name!r}: take one of {', '.join(one.name for one in LABS)}.")
    return found
