"""The `fairplate` command: one file a command group. Parses, calls, prints; decides nothing."""
