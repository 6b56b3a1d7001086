"""Customers: how sales and the number of customers go together, and what one customer spends."""

from storecast.exploration.customers.estimate import estimate_customers
from storecast.exploration.customers.section import customers_section
from storecast.exploration.question import Question

QUESTION = Question(
    key="customers",
    position=50,
    title="How do sales and customers hang together?",
    short_title="Customers",
    estimate=estimate_customers,
    section=customers_section,
    needs=("statsmodels",),
)
