"""Which slices of a grouped convolution are which path of the other two forms of a ResNeXt block."""

from resnet_core.form_figure import Forms, form_figure

from .cards import heading, note
from .controls import one_of
from .linked_drawing import linked_drawing

PATHS = {"4 paths": 4, "8 paths": 8, "32 paths": 32}


def form_slices() -> None:
    """A number of paths to choose, and their weights in all three forms."""
    heading("One set of weights, three forms", "a colour is a path", 2)
    forms = Forms(PATHS[one_of("Paths", PATHS, "paths", "8 paths")])
    linked_drawing(
        form_figure(forms), f"A ResNeXt block of {forms.paths} paths in its three forms", forms.counted, "forms"
    )
    note("Point at a slice or a branch, or walk with the arrow keys: the same weights light up in every form.")
