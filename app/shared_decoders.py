"""The decoders of this process: strangers' bytes are decoded nowhere else."""

from resnet_core.decoding import Decoders

pictures = Decoders()
frames = Decoders(patience=2.0)
"""Live video has its own, so that no upload holds it up. How many of them one person has, `live` sees to."""
