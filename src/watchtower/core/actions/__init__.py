"""What people do to an incident: what an action is (`action`), all of them (`registry`), how one is carried out (`handle`)."""
