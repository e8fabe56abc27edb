"""What the history of measurements costs on the disk and while it is written."""
