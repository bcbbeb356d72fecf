"""From a match to a person who compares: gate, outbox, channels, decision, outcome."""
