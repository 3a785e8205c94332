"""What the document says about one message."""
