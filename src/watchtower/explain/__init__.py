"""Why it would page, in words and as a plot in the terminal: a file for each kind of thing that can be explained."""
