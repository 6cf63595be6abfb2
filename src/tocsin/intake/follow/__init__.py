"""A log file followed live: each line once, in order, through rotation and restart."""
