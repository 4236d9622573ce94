"""Issues credentials: issuers and their keys, signed Open Badges 3.0 documents, status lists, revocation."""
