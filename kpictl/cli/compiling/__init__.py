"""`kpictl compile` at work: what it is made of, what it writes, and what of it is still right the next time."""
