"""A month's report for people, who would rather look than read: in a terminal, as Markdown, as a page, as a picture."""
