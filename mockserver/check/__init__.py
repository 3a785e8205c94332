"""Is an implementation true to its document and fixtures: probes over real sockets, one report."""
