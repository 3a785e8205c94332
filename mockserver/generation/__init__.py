"""From schema and chance to a value; from operation to a valid request; from request to a snippet."""
