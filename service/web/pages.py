"""Puts the pages into the application."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from service.app.house import House
from service.web.backtest_page import backtest_page
from service.web.demo_actions import demo_actions
from service.web.demo_pages import demo_pages
from service.web.demo_receiver import Receiver, demo_receiver
from service.web.do_pages import do_pages
from service.web.frame import STATIC, Frame
from service.web.loop_actions import loop_actions
from service.web.own_actions import own_actions
from service.web.own_calendars import own_calendars
from service.web.own_churn import own_churn_choice
from service.web.own_mail_settings import own_mail_settings
from service.web.own_mails import own_mails
from service.web.own_pages import own_pages
from service.web.own_together import own_together
from service.web.sign_in_pages import sign_in_pages
from service.web.welcome import welcome


def mount(app: FastAPI, house: House, *, demo: bool = False) -> None:
    """Adds ``/``, ``/me/{token}…``, ``/do/{token}``, ``/programmes/{token}/backtest`` and ``/static``; with ``demo`` also
    ``/demo/…``, and ``/`` lists the sample people.

    Outside the demo no page shows anybody without that person's signed link."""
    frame = Frame(house, demo=demo)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.include_router(sign_in_pages(frame))
    app.include_router(own_calendars(frame))  # before own_actions, whose addresses of a pair end in any word
    app.include_router(own_churn_choice(frame))
    app.include_router(loop_actions(frame))
    app.include_router(do_pages(frame))
    app.include_router(backtest_page(frame))
    app.include_router(own_together(frame))
    app.include_router(own_actions(frame))
    app.include_router(own_mail_settings(frame))
    app.include_router(own_mails(frame))  # before own_pages, which answers for every other address below
    app.include_router(own_pages(frame))
    if demo:
        receiver = Receiver()
        app.include_router(demo_receiver(frame, receiver))
        app.include_router(demo_actions(frame))
        app.include_router(demo_pages(frame, receiver))
    else:
        app.include_router(welcome(frame))
