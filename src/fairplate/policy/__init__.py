"""What the law of a place permits: how long, for what, approved by how many. One file a place."""
