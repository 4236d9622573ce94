"""An organization in the words of other catalogues: what an Open Badges Profile says, as CTDL, ELM or schema.org."""

from credential_core.organizations.model import Address, Identifier, Organization, Said, organization

__all__ = ["Address", "Identifier", "Organization", "Said", "organization"]
