"""How fast photographs are classified."""
