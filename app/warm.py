"""Importing this module imports torch: the server does it in the background."""

import torch

torch.set_num_threads(torch.get_num_threads())
