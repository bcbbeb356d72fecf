"""One file for each step; once released a step is never changed."""
