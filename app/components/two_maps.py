"""Two networks as volumes, one above the other."""

from resnet_core.compare import Comparison

from .. import cached
from .cards import heading
from .network_map import network_overviews


def two_maps(found: Comparison) -> None:
    heading("Above each other", "height √map size, width √channels; like blocks folded; panned together", 2)
    specs = (found.one.spec, found.other.spec)
    network_overviews(
        [(name, cached.map_document(spec)) for name, spec in zip(found.names, specs, strict=True)], "two_maps"
    )
