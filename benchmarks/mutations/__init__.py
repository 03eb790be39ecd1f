"""Good files whose layout is changed at random, read and checked as usual: no figure may come out wrong, nobody be lost."""
