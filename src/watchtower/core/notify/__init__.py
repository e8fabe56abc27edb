"""Who is paged about an incident, by which channel, and why not: paging, grouping, and the page's message."""
