"""An experiment that runs here: what it is tried on, how far it is, what is known, and a button that stops it."""

import streamlit as st

from app import cached, laboratory
from app.fragments import fragment
from resnet_core.experiments.lab import SETTINGS, Lab, Settings
from resnet_core.experiments.limits import most_pictures
from resnet_core.experiments.recorded import at_once
from resnet_core.experiments.told import progress, stopped
from resnet_core.refusal import Refusal
from resnet_core.weights import cards

from .cards import heading, note, refuse
from .choosing import pick_of
from .controls import one_of
from .lab_lost import Known, tell_if_lost
from .lab_result import repeat, show_result
from .picture import Given, pick_picture
from .take_away import address

POLL_SECONDS = 1.0
TEST_PICTURES, OWN_PICTURE = "test pictures", "one picture"


def run_here(lab: Lab, given: Given | None = None) -> None:
    """The settings, which stand in the link, and the experiment with them; `given` was chosen on this page before."""
    heading("Run it here", "it takes its turns with everybody else's pictures", 2)
    settings = _settings(lab, given)
    if settings is not None:
        repeat(lab, settings, address({"lab": lab.name}))
        if found := at_once(lab, settings):
            show_result(lab, found, "live")
            return
    run = laboratory.current(lab.name)
    if run and not run.experiment.is_over:
        _polled(lab, settings)
    else:
        _drawn(lab, settings)


def _settings(lab: Lab, given: Given | None) -> Settings | None:
    """None while the picture is still to come."""
    chosen: dict[str, object] = {}
    tries = {"model", "pictures"} <= {*lab.takes}
    own = tries and one_of("Tried on", (TEST_PICTURES, OWN_PICTURE), "on") == OWN_PICTURE
    if own:
        given = given or (pick_picture() if lab.name != "lesion" else None)
        if given is None:
            note("Choose a picture first.")
            return None
        try:
            cached.decoded(given.data)  # what ends a decoder is refused before it is decoded here
        except Refusal as refused:
            refuse(str(refused))
            return None
        chosen["picture"] = given.data
    with st.container(horizontal=True, key="lab_settings"):
        if "model" in lab.takes:
            names = lab.models or offered()
            usual = lab.usual.model if lab.usual.model in names else names[0]
            chosen["model"] = pick_of("Network", names, usual, "tried")
        for name in lab.takes:
            if name in SETTINGS and not (name == "pictures" and own):
                chosen[name] = _number(lab, name)
    rest = {name: getattr(lab.usual, name) for name in SETTINGS if name not in chosen}
    return Settings(**rest, **chosen)  # type: ignore[arg-type]  # each under the name of its field


def _number(lab: Lab, name: str) -> float:
    setting = SETTINGS[name]
    kind = type(getattr(lab.usual, name))
    kind = kind if setting.step >= 1 else float
    most = kind(most_pictures(lab) if name == "pictures" else setting.most)
    usual: float | None = kind(getattr(lab.usual, name))
    if st.session_state.get(name, most) > most:  # chosen for another experiment
        st.session_state[name] = most
        usual = None  # beside which Streamlit heeds what was just set without a warning
    return st.slider(
        setting.words.capitalize(),
        kind(setting.least),
        most,
        usual,
        kind(setting.step),
        key=name,
        help=setting.help,
        bind="query-params",
        width=220,
    )


def offered() -> tuple[str, ...]:
    """The networks that have weights; where there are none, one, which will say so."""
    return tuple(str(card.spec) for card in cards()) or (Settings().model,)


@fragment("experiment", run_every=POLL_SECONDS)
def _polled(lab: Lab, settings: Settings | None) -> None:
    run = laboratory.current(lab.name)
    if run is None or run.experiment.is_over:
        st.rerun()  # the whole page, once, so that the polling ends
    _drawn(lab, settings)


def _drawn(lab: Lab, settings: Settings | None) -> None:
    run = laboratory.current(lab.name)
    with st.container(horizontal=True, vertical_alignment="center"):
        if run and not run.experiment.is_over:
            st.button("Stop", key="lab_stop", on_click=laboratory.stop, args=(lab.name,))
        else:
            st.button(
                "Run", key="lab_run", type="primary", on_click=_begin, args=(lab, settings), disabled=not settings
            )
        if why := st.session_state.pop("lab_refused", None):
            refuse(why)
    known: Known = "unknown" if run is None else "over" if run.experiment.is_over else "at work"
    tell_if_lost(lab, known, settings is not None)
    if run is None:
        return
    is_over, found, failed = run.experiment.is_over, run.experiment.latest, laboratory.why_failed(run.experiment)
    if failed:
        refuse(failed)
    if found is None or (is_over and not found.rows):
        if not failed:
            note("Stopped before anything was known." if is_over else "Loading …")
        return
    if not is_over:
        st.progress(found.done, progress(found, run.seconds))
    elif found.done < 1:
        note(stopped(found))
    show_result(lab, found, "live")


def _begin(lab: Lab, settings: Settings) -> None:
    try:
        laboratory.begin(lab, settings)
    except Refusal as refused:
        st.session_state["lab_refused"] = str(refused)
