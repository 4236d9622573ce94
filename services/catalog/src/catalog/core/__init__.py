"""What the catalog knows: courses, achievements and their versions. No I/O but through the ports."""
