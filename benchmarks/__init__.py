"""What kpictl costs beside its peers, measured in one run and printed as ratios. Never a timed test."""
