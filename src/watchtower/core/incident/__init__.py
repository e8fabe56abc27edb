"""The incident: its log and the history that is projected from it."""
