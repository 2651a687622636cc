"""The pages as Streamlit runs them, without a browser: opened by their links, run again, and read."""

from html import unescape

from served import ROOT
from streamlit.testing.v1 import AppTest

MAIN = str(ROOT / "app" / "main.py")
PATIENCE = 120.0


def opened(page: str = "explore", **parameters: str | list[str]) -> AppTest:
    """A page, with what its link says after the question mark, and every choice of the picker drawn."""
    app = AppTest.from_file(MAIN, default_timeout=PATIENCE)
    app.session_state["more_choices"] = True
    for key, value in parameters.items():
        app.query_params[key] = value
    return ran(app.switch_page(f"views/{page}.py"))


def ran(app: AppTest) -> AppTest:
    """The page once more, for what was changed on it."""
    app.run()
    assert not app.exception
    return app


def page_text(app: AppTest) -> str:
    """Everything the page says as HTML, which is where its numbers stand."""
    return "\n".join(body for element in app.get("html") if "<style>" not in (body := element.proto.body))


def words(app: AppTest) -> str:
    """The same, with the signs that HTML writes in letters."""
    return unescape(page_text(app))
