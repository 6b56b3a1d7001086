"""Jobs that the page follows: how far one is, and the button that ends it."""

from dash import html
from dash.development.base_component import Component

from storecast.database.jobs import WAITING, Job
from storecast.page.actions import action_button, button_number
from storecast.page.language import Words
from storecast.page.view import ViewRequest
from storecast.service.problems import unreadable

LOOK_EVERY_MS = 1000  # between two looks at a job


def unfinished_line(job: Job, share: str, action: str, words: Words, title: str = "") -> Component:
    """Return how far a job is, with the button that ends it.

    Parameters
    ----------
    job : that waits or runs
    share : of it that is worked out, as text
    action : of the button
    words : the language
    title : what the job is about, where several stand together
    """
    text = words.text("waits for others") if job.state == WAITING else words.text("{share} is worked out", share=share)
    label = f"{title}: {share}" if title else text
    bar = html.Progress(value=str(job.progress), max="1", **{"aria-label": label})
    button = action_button(words.text("Cancel"), action, str(job.job), kind="plain")
    head = [html.Strong(title)] if title else []
    return html.Div([*head, html.Span(text), bar, button], className="actions", role="status")


def cancel_job(request: ViewRequest, key: str) -> str:
    """End a job; the key of the button is its number."""
    number, jobs = (
        button_number(key, unreadable("The page has no such job. Load the page again.")),
        request.service.jobs,
    )
    request.wait_for(jobs.cancel(request.wait_for(jobs.read(number, request.key.id))))
    return request.words.text("It is cancelled.")
