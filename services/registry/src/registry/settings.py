"""What the registry is told."""

from service_kit.settings import ServiceSettings


class RegistrySettings(ServiceSettings):
    """Nothing of its own yet: the registry holds no key and calls nobody."""
