"""How bad it is: the matrix, and how levels change."""
