"""Other systems put to the same work, each as a process of its own."""
