"""Values every part agrees on. Standard library only; touches nothing outside memory."""
