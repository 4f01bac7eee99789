"""Calendar actions: notices, closures, and the recomputing of open deadlines."""
