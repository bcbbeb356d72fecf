"""The HTTP API for other software, version 1: one file a resource."""
