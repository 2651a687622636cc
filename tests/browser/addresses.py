"""Where every page is, and every way to look at a picture: what holds of all of them is tested of these."""

from urllib.parse import quote

NET = "cifar-resnet-20"
PAGES = ("", "verify", "compare", "run", "live", "labs", "learn", "about")
LOOKS = (
    "Feature maps",
    "Residual + shortcut",
    "Along the depth",
    "Grad-CAM",
    "For a detector",
    "Several nets",
    "One number",
)
PATHS = {page: f"/{page}?net={NET}" if page in ("run", "live") else f"/{page}" for page in PAGES}
"""With a network whose weights come along, where the page asks one for an answer."""
LESSON = "/learn?lesson=depth&step=2"
ADDRESSES = (*PATHS.values(), LESSON, f"{LESSON}&wall=1", *(f"{PATHS['run']}&look={quote(look)}" for look in LOOKS))
