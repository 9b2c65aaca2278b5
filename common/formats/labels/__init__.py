"""What a file says of photographs, and which photograph each of its names means."""
