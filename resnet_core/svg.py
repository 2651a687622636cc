"""Pieces of an SVG drawing as text, with everything escaped."""

from collections.abc import Iterable
from html import escape

FONT = "Inter, 'Helvetica Neue', Helvetica, Arial, sans-serif"
Point = tuple[float, float]


def element(tag: str, *inside: str, **attributes: str | float) -> str:
    """An element; an attribute's underscore is a hyphen, and one that ends it is nothing."""
    said = "".join(f' {name.rstrip("_").replace("_", "-")}="{_value(value)}"' for name, value in attributes.items())
    return f"<{tag}{said}>{''.join(inside)}</{tag}>" if inside else f"<{tag}{said}/>"


def text(words: str, x: float, y: float, size: float, fill: str, **attributes: str | float) -> str:
    """A line of text that begins at, or as `text_anchor` says lies about, a point of its base line."""
    return element("text", escape(words), x=x, y=y, font_size=size, fill=fill, **attributes)


def line(start: Point, end: Point, stroke: str, width: float, **attributes: str | float) -> str:
    """A straight line."""
    (x1, y1), (x2, y2) = start, end
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, stroke=stroke, stroke_width=width, **attributes)


def polygon(points: Iterable[Point], fill: str, stroke: str, width: float) -> str:
    """A filled shape with straight edges."""
    corners = " ".join(f"{_value(x)},{_value(y)}" for x, y in points)
    return element("polygon", points=corners, fill=fill, stroke=stroke, stroke_width=width, stroke_linejoin="round")


def drawing(width: float, height: float, title: str, description: str, parts: Iterable[str]) -> str:
    """A whole file, on white, with a name and a description for those who hear it."""
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_value(width)}" height="{_value(height)}" '
        f'viewBox="0 0 {_value(width)} {_value(height)}" role="img" font-family="{escape(FONT)}">\n'
        f"<title>{escape(title)}</title>\n<desc>{escape(description)}</desc>\n"
        f'<rect width="100%" height="100%" fill="#ffffff"/>\n{inside}\n</svg>\n'
    )


def _value(value: str | float) -> str:
    return escape(value) if isinstance(value, str) else f"{round(value, 2):g}"
