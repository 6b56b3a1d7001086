"""Where the page lies, and what its views are called there."""

BASE = "/app/"
VIEW_NAMES = (
    "",
    "store",
    "plan",
    "scenarios",
    "promotions",
    "explore",
    "accuracy",
    "data",
)  # of `views.VIEWS`, known without Dash
API = "api"  # the documentation of the API
OIDC_LOGIN = "/app/login/oidc"  # the way to the provider of logins
OIDC_CALLBACK = "/app/login/oidc/callback"  # and back
LOOP = "storecast.loop"  # in the scope of ASGI: the event loop of the service
