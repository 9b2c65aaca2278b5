"""Reading image files that are not trusted."""
