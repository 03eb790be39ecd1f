"""What the command line puts on the screen, one module a question; each writes on the console it is given."""
