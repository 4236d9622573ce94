"""What an institution reads of the recognitions that it decides, and what a learner reads of the learner's own."""

from collections.abc import Callable

from issuer.core.recognition.life import RecognitionLife, life_of
from issuer.core.recognition.ports import NameBox, RecognitionReading, Viewer, WantedRecognitions
from issuer.core.recognition.recognition import Recognition, RecognitionId
from service_kit.clock import Clock
from service_kit.errors import NotFound
from service_kit.ids import is_id
from service_kit.inputs import Page, PageRequest

NO_RECOGNITION = "there is no such recognition"


class RecognitionQueries:
    """Reads for one viewer at a time: what is somebody else's does not exist."""

    def __init__(
        self, *, reading: RecognitionReading, box: NameBox, recipient_key: Callable[[str, str], bytes], clock: Clock
    ) -> None:
        self._reading = reading
        self._box = box
        self._recipient_key = recipient_key
        self._clock = clock

    async def learner(self, person: str, digest: str) -> Viewer:
        """A person: what the person asked for, and what was asked for the person's confirmed address."""
        keys = [self._recipient_key(org_id, digest) for org_id in await self._reading.organizations()]
        return Viewer(person=person, recipient_keys=keys)

    async def one(self, viewer: Viewer, recognition_id: str) -> RecognitionLife:
        """Raises NotFound."""
        found = None
        if is_id(recognition_id):
            found = await self._reading.recognition(viewer, RecognitionId(recognition_id))
        if found is None:
            raise NotFound(NO_RECOGNITION)
        return await life_of(found, self._reading, self._box, self._clock())

    async def page(self, viewer: Viewer, wanted: WantedRecognitions, page: PageRequest) -> Page[Recognition]:
        """Newest first."""
        return await self._reading.recognitions(viewer, wanted, page)
