"""What the document says: loading, versions, the compiled model, schemas, routes."""
