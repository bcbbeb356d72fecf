"""Entries, lists and the question whether a read may be an entry. Knows nothing of pictures."""
