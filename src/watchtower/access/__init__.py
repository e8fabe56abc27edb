"""Who may do what: accounts, sessions, personal tokens, one-time links, and the audit log of access."""
