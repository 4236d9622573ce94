"""The OAuth 2.0 endpoints on Authlib: client authentication, grants, introspection, revocation. No SQL, no HTTP."""
