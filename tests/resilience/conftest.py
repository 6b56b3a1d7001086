"""Fixtures of the resilience tests: a home with a service, processes that run services, and the report of long tests."""

from support.resilience_report import report
from support.served_home import client, home
from support.service_process import service_factory

__all__ = ["client", "home", "report", "service_factory"]
