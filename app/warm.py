"""Importing this module does what the first visitor should not wait for: torch, and torchinfo's lazy imports."""

from resnet_core import parse
from resnet_core.crosscheck import crosscheck

crosscheck(parse("cifar-resnet-20"))
