"""notify: people are told when something begins to need a look, when it gets worse, and when it is over.

settings    what is set under [notify] in the storecast.toml of a home
alerts      conditions become alerts: thresholds, the end of an alert, acknowledgement
channels    webhook and e-mail
state       the alerts of a home, kept in alerts.json, and what could not be sent yet
notifier    tells people of them
"""
