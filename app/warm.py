"""Importing this module does what no visitor should wait for: torch, the engine, torchinfo's lazy imports."""

import gc

import resnet_core.engine  # noqa: F401  # for later
from resnet_core import parse
from resnet_core.crosscheck import crosscheck

crosscheck(parse("cifar-resnet-20"))

# Streamlit collects garbage after every script run, and would walk through all of torch's objects each time.
gc.collect()
gc.freeze()
