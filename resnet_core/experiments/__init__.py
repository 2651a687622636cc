"""What the papers claim about residual learning, an experiment each: one row of a table, and results that stay."""
