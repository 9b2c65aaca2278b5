"""The service: comparisons over HTTP, and a page to make them on."""
