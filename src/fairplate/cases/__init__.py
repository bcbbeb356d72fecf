"""Cases: the only way for a person to look back, with a purpose, a reference and other people."""
