"""Who is photographed: the traits, shape and surface of people who do not exist."""
