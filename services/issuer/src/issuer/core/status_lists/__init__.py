"""Status lists, and the places in them."""
