"""The brief of an incident: one screen, a mail, drafts of what to say. It is made from the log and decides nothing."""
