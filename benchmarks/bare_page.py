"""What Explore is measured against: a bare page with a select box, a Plotly bar chart and a table of the same size."""

import plotly.graph_objects as go
import streamlit as st

from resnet_core import analyse, parse

net = st.selectbox("net", ["resnet-50", "resnet-101", "resnet-34"], key="net")
rows = analyse(parse(net)).rows
st.plotly_chart(go.Figure(go.Bar(x=[row.name for row in rows], y=[row.macs for row in rows])))
st.dataframe([row._asdict() for row in rows])
