"""What is remembered between requests, and questions about it."""
