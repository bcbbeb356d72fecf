"""Every act as one event: what may be told of it in public, the exact bytes, and their table."""
