"""The history of what checks measured: which values are kept, in slots and chunks, and curves out of them. Pure."""
