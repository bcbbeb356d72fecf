"""Reads sealed so that each opens only by its plate, reader and period, while its key lives."""
