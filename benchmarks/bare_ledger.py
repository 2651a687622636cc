"""What Verify is measured against: a bare page with a title and the ledger's figures in a dataframe."""

import streamlit as st

from resnet_core import verify

st.title("Ledger")
st.dataframe(
    [
        {
            "network": verdict.network,
            "quantity": verdict.words,
            "printed": verdict.figure.shown,
            "ours": verdict.shown,
            "verdict": verdict.conclusion,
            "source": verdict.source,
            "reason": verdict.reason,
        }
        for verdict in verify()
    ]
)
