"""The parts of `fuse_scans`: what a reading is, and the two forms of a shared statement."""
