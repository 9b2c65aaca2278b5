"""The sample data set: rendered people, their photographs, and manipulated versions of them."""
