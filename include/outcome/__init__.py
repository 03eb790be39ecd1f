"""What came of their rows, told to the departments: with each monthly dispatch, and of registered households as they come."""
