"""The web page: a planner's workbench on the database and the model that the service holds.

routes      its addresses, behind the same door as the API
login       a session for the holder of a key
dash_app    Dash, and how its callbacks are checked before it reads them
shell       what stands around every view
view        what a view is given, and what it is
views/      one file a view
language    English and German, with their numbers and dates
charts      figures that follow the theme
"""
