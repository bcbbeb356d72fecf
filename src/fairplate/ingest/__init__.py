"""What cameras and vendors' software send, understood: pure parsers, and what they give."""
