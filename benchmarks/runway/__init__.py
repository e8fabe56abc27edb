"""How far off are the days left? Accounts that are drained with a known end, beside plain division."""
