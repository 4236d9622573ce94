"""Making the decision of a stacked credential again on one's own machine, without any Laurel.

The one part of the client that knows credentials themselves: `pip install 'laurel-client[alone]'` (ADR 106).
"""

from laurel.alone.deciding import Decision, decide
from laurel.alone.public import Copy, NoCopy, Public, Web

__all__ = ["Copy", "Decision", "NoCopy", "Public", "Web", "decide"]
