"""Where every page is, and every way to look at a picture: what holds of all of them is tested of these."""

from urllib.parse import quote

NET = "cifar-resnet-20"
PAGES = ("", "verify", "run", "live", "learn")
LOOKS = ("Feature maps", "Residual + shortcut", "Along the depth", "Grad-CAM", "For a detector", "Several nets")
PATHS = {page: f"/{page}?net={NET}" if page in ("run", "live") else f"/{page}" for page in PAGES}
"""With a network whose weights come along, where the page asks one for an answer."""
ADDRESSES = (*PATHS.values(), *(f"{PATHS['run']}&look={quote(look)}" for look in LOOKS))
