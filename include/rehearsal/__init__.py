"""A whole year by the clock, unattended: what was due, came, was chased and was dispatched, against what had to happen."""
