"""Streams of decisions that a rebuilding of the engine must leave as they are, to the byte."""
