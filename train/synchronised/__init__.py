"""What makes a step over several processes compute what one process would over the whole batch."""
