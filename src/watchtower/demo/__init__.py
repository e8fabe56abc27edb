"""The demo: a real outage on the real engine, with a mailbox and a phone on the screen."""
