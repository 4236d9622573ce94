"""Course lists, from which achievements are made."""
