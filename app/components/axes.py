"""What the figures have in common: axes with hairlines and quiet titles, on a card, in the viewer's colours."""

from typing import Any

from ..theme import Colours


def axis(ink: Colours, title: str = "", scale: float = 1, size: float = 11, **more: Any) -> dict[str, Any]:
    """An axis that cannot be dragged, `size` the pixels of its numbers; the title is one larger."""
    named = {"text": title, "font": {"size": (size + 1) * scale, "color": ink.muted}, "standoff": 6 * scale}
    grid = {"gridcolor": ink.line, "zeroline": False, "fixedrange": True, "tickfont": {"size": size * scale}}
    return {**grid, **({"title": named} if title else {}), **more}


def layout(ink: Colours, height: float, scale: float = 1, **more: Any) -> dict[str, Any]:
    """A figure `height` pixels high; `scale` enlarges it, its margins and its type. `more` is Plotly's own."""
    return {
        "height": height * scale,
        "paper_bgcolor": ink.card,
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 54 * scale, "r": 8, "t": 8, "b": 40 * scale},
        **more,
    }


def legend(scale: float = 1, **more: Any) -> dict[str, Any]:
    """Names in a row above the figure."""
    above = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    return {**above, "font": {"size": 11 * scale}, **more}
