"""Pages that are tables and forms: one template, and a file for what each of them shows."""
