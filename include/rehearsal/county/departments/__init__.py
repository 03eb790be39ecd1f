"""What each department sends in a rehearsal month: one module each, `parcels(rehearsal)` gives its files."""
