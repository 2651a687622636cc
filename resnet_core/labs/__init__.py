"""Experiments on what the papers claim, one a file: each returns its result, with n and units, and draws nothing."""
