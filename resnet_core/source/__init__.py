"""A network as PyTorch source that stands alone: forms of blocks as classes, stages as loops over them."""
