"""What the catalog is told."""

from service_kit.settings import ServiceSettings


class CatalogSettings(ServiceSettings):
    """Nothing of its own: the catalog holds no key and calls nobody."""
