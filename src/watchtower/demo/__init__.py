"""The demo: a real outage on the real engine, with a mailbox and a phone that are only on the screen."""
