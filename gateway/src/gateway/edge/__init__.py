"""The edge: one route table, rendered to an Envoy v3 bootstrap for each place the fleet runs.

It owns addresses, limits and what every answer of the edge looks like. It holds no business rule and imports
nothing of the authorization server.
"""

from gateway.edge.bootstrap import render
from gateway.edge.command import main
from gateway.edge.routes import ROUTES, Access, Room, Route
from gateway.edge.settings import EdgeSettings, Limits, Rate, Target

__all__ = ["ROUTES", "Access", "EdgeSettings", "Limits", "Rate", "Room", "Route", "Target", "main", "render"]
