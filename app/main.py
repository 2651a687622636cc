"""Page configuration, navigation, the picker; nothing else."""

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).parents[1]
if str(ROOT) not in sys.path:  # `streamlit run` puts app/ on the path, not the root
    sys.path.insert(0, str(ROOT))

from app import brand, links, picker, return_to_view  # noqa: E402  # after the path is set
from app.page_runs import page_run  # noqa: E402

st.set_page_config(page_title="ResNet Explorer", page_icon=brand.ICON, layout="wide")
brand.draw()

about = st.Page("views/about.py", title="About this server", url_path="about", visibility="hidden")
page = st.navigation(
    [
        st.Page("views/explore.py", title="Explore", url_path="explore", default=True),
        st.Page("views/verify.py", title="Verify", url_path="verify"),
        st.Page("views/compare.py", title="Compare", url_path="compare"),
        st.Page("views/run.py", title="Run", url_path="run"),
        st.Page("views/live.py", title="Live", url_path="live"),
        st.Page("views/labs.py", title="Labs", url_path="labs"),
        st.Page("views/learn.py", title="Learn", url_path="learn"),
        about,
    ],
    position="top",
)
with page_run(page.title):
    st.session_state["spec"] = picker.pick_architecture()
    with st.sidebar, st.container(key="about_link"):
        st.page_link(about)
    with links.followed(page.title):
        page.run()
    return_to_view.whatever_happens()
