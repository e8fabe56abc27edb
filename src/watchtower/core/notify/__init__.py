"""Who is told of an incident, by which channel, and why not: paging, grouping, and what a page says."""
