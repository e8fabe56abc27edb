"""After the incident: what was learnt, and who does what by when."""
