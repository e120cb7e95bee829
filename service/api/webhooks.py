"""``/v1/webhook-endpoints`` and ``/v1/webhook-deliveries``."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import JSONResponse, Response

from service.api.plumbing.access import caller_of
from service.api.plumbing.answers import answer, nothing
from service.api.plumbing.describe import creates, tells
from service.api.plumbing.ids import DeliveryId, EndpointId
from service.api.plumbing.pages import PageAsked, listing, page_of
from service.api.plumbing.repetition import Repeatable, carry_out
from service.api.plumbing.versions import IfVersion
from service.api.schemas.base import Listing
from service.api.schemas.webhooks import (
    DeliveryShown,
    EndpointChanges,
    EndpointShown,
    EndpointWithSecret,
    NewEndpoint,
    TestSent,
)
from service.app import show_webhooks as show
from service.app.house import House
from service.app.manage_endpoints import (
    change_endpoint,
    create_endpoint,
    delete_endpoint,
    replay,
    reveal_secret,
    rotate_secret,
    send_test,
)
from service.app.record import TEST_TYPE
from service.store import webhooks

ALL = "/v1/webhook-endpoints"
ONE = ALL + "/{endpoint_id}"
DELIVERY = "/v1/webhook-deliveries/{delivery_id}"


def router(house: House) -> APIRouter:
    """Endpoints, their secrets, their log."""
    routes = APIRouter(tags=["webhooks"], dependencies=[Depends(caller_of)])

    def words(endpoint_id: str) -> dict[str, Any]:
        with house.reading() as session:
            return show.endpoint(webhooks.endpoint(session, endpoint_id), now=house.now())

    def with_secret(endpoint_id: str) -> dict[str, Any]:
        return {**words(endpoint_id), "secret": reveal_secret(house, endpoint_id)}

    def delivery_words(delivery_id: str) -> dict[str, Any]:
        with house.reading() as session:
            row = webhooks.delivery(session, delivery_id)
            return show.delivery(row, webhooks.event(session, row.event_id), webhooks.tries(session, delivery_id))

    @routes.post(ALL, **creates(EndpointWithSecret, "Make an endpoint"))
    def make(given: NewEndpoint, once: Repeatable) -> JSONResponse:
        """The secret is shown this once. An address that is private or not http(s) is refused."""
        done = carry_out(house, once, lambda: create_endpoint(house, given.facts(), once=once))
        location = f"{ALL}/{done.resource_id}"
        return answer(with_secret(done.resource_id), 201, replayed=done.replayed, location=location)

    @routes.get(ALL, **tells(Listing[EndpointShown], "List endpoints"))
    def every(page: Annotated[PageAsked, Depends(page_of("wh"))]) -> JSONResponse:
        """Oldest first."""
        with house.reading() as session:
            rows, after = webhooks.endpoints(session, cursor=page.cursor, limit=page.limit)
            return answer(listing([show.endpoint(row, now=house.now()) for row in rows], after))

    @routes.get(ONE, **tells(EndpointShown, "Read an endpoint"))
    def read(endpoint_id: EndpointId) -> JSONResponse:
        """Without its secret."""
        return answer(words(endpoint_id))

    @routes.patch(ONE, **tells(EndpointShown, "Change an endpoint"))
    def change(endpoint_id: EndpointId, given: EndpointChanges, if_version: IfVersion) -> JSONResponse:
        """Its address, its types, or whether it is enabled."""
        change_endpoint(house, endpoint_id, given.facts(), if_version=if_version)
        return answer(words(endpoint_id))

    @routes.delete(ONE, status_code=204, summary="Delete an endpoint")
    def delete(endpoint_id: EndpointId) -> Response:
        """With its log."""
        delete_endpoint(house, endpoint_id)
        return nothing()

    @routes.post(ONE + "/rotate", **tells(EndpointWithSecret, "Rotate an endpoint's secret"))
    def rotate(endpoint_id: EndpointId, once: Repeatable) -> JSONResponse:
        """The new secret is shown this once; the old one signs beside it for 24 hours."""
        done = carry_out(house, once, lambda: rotate_secret(house, endpoint_id, once=once))
        return answer(with_secret(endpoint_id), replayed=done.replayed)

    @routes.post(ONE + "/test", **tells(TestSent, "Send a test event", problems=(409,), status=202))
    def test(endpoint_id: EndpointId, once: Repeatable) -> JSONResponse:
        """A `webhook.test` event to this endpoint alone; the delivery log tells what came of it."""
        done = carry_out(house, once, lambda: send_test(house, endpoint_id, once=once))
        return answer({"webhook_id": done.resource_id, "type": TEST_TYPE}, 202, replayed=done.replayed)

    @routes.get(ONE + "/deliveries", **tells(Listing[DeliveryShown], "Read an endpoint's delivery log"))
    def deliveries(endpoint_id: EndpointId, page: Annotated[PageAsked, Depends(page_of("dlv"))]) -> JSONResponse:
        """Newest first, each with its tries."""
        with house.reading() as session:
            webhooks.endpoint(session, endpoint_id)
            rows, after = webhooks.log(session, endpoint_id, cursor=page.cursor, limit=page.limit)
            return answer(listing([show.delivery(row, event, tries) for row, event, tries in rows], after))

    @routes.get(DELIVERY, **tells(DeliveryShown, "Read a delivery"))
    def delivery(delivery_id: DeliveryId) -> JSONResponse:
        """With its tries."""
        return answer(delivery_words(delivery_id))

    @routes.post(DELIVERY + "/replay", **tells(DeliveryShown, "Deliver once more", problems=(409,), status=202))
    def again(delivery_id: DeliveryId, once: Repeatable) -> JSONResponse:
        """With the same `webhook-id` and the same body."""
        done = carry_out(house, once, lambda: replay(house, delivery_id, once=once))
        return answer(delivery_words(delivery_id), 202, replayed=done.replayed)

    return routes
