"""The channels: a file here is a way to reach people, by the name of its module."""
