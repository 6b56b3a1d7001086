"""The routes: parse, one call below, reply. Each file declares its own in ROUTES.

health       alive, ready, metrics
inference    the Open Inference Protocol, version 2
forecasts    forecasts and scenarios
explanations what the forecast of a day is made of
jobs         work of minutes that nobody waits for
stores       stores and their history
writes       sales, days ahead and stores, in
undo         sales removed, and writes taken back
models       the models of the home; accuracy so far
plan_versions   the versions of the plan
plan_overrides  what stands in the place of the forecast, and why
plan_exceptions what needs a look
plan_comments   what people said
plan_scenarios  scenarios kept by name
plan_summary    a version in a few sentences
plan_workbook   the plan as a workbook
"""

from storecast.service.route import Route
from storecast.service.routes import (
    explanations,
    forecasts,
    health,
    inference,
    jobs,
    models,
    plan_comments,
    plan_exceptions,
    plan_overrides,
    plan_scenarios,
    plan_summary,
    plan_versions,
    plan_workbook,
    stores,
    undo,
    writes,
)

ROUTES: tuple[Route, ...] = (
    *health.ROUTES,
    *forecasts.ROUTES,
    *explanations.ROUTES,
    *jobs.ROUTES,
    *stores.ROUTES,
    *writes.ROUTES,
    *undo.ROUTES,
    *models.ROUTES,
    *plan_versions.ROUTES,
    *plan_overrides.ROUTES,
    *plan_exceptions.ROUTES,
    *plan_comments.ROUTES,
    *plan_scenarios.ROUTES,
    *plan_summary.ROUTES,
    *plan_workbook.ROUTES,
    *inference.ROUTES,
)
