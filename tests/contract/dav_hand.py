"""Somebody else's calendar program at a CalDAV server: plain requests, none of our code."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from urllib.parse import quote

import httpx2
from sketches import Sketch, to_ics

_DATA = "{urn:ietf:params:xml:ns:caldav}calendar-data"
_ALL = (
    '<?xml version="1.0"?><C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop>'
    "<C:calendar-data/></D:prop><C:filter><C:comp-filter name='VCALENDAR'/></C:filter></C:calendar-query>"
)


class DavHand:
    """Works on the calendar at ``path``; names resources after their UIDs, as our adapter happens to."""

    def __init__(self, client: httpx2.Client, path: str) -> None:
        self._client = client
        self.path = path

    def put(self, sketch: Sketch) -> None:
        self.put_text(sketch.uid, to_ics(sketch))

    def put_text(self, uid: str, text: str) -> None:
        answer = self._client.put(
            self._at(uid), content=text.encode(), headers={"Content-Type": "text/calendar; charset=utf-8"}
        )
        answer.raise_for_status()

    def text(self, uid: str) -> str:
        """What is stored, long lines unfolded."""
        answer = self._client.get(self._at(uid))
        answer.raise_for_status()
        return answer.text.replace("\r\n", "\n").replace("\n ", "")

    def delete(self, uid: str) -> None:
        self._client.delete(self._at(uid)).raise_for_status()

    def uids(self) -> list[str]:
        answer = self._client.request(
            "REPORT", self.path, content=_ALL, headers={"Depth": "1", "Content-Type": "application/xml"}
        )
        answer.raise_for_status()
        texts = [data.text or "" for data in ET.fromstring(answer.content).iter(_DATA)]
        return [line[4:].strip() for text in texts for line in text.splitlines() if line.startswith("UID:")]

    def _at(self, uid: str) -> str:
        return f"{self.path}{quote(uid, safe='')}.ics"
