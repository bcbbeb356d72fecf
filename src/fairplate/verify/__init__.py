"""The offline verifier of audit logs: standard library and cryptography, nothing else of ours.

What it checks is written down in docs/audit-log.md, so that others can write a second one. The log
itself uses the arithmetic here (`tree`, `tiles`, `notes`), but nothing here uses the log.
"""
