"""The web page: a planner's workbench on the database and the model that the service holds.

routes      its addresses, behind the same door as the API
login       a session for the holder of a key
dash_app    Dash
callbacks   what a browser sends, checked before Dash reads it
shell       what stands around every view
view        what a view is given, and what it is
views/      one file a view
language    English and German, with their numbers and dates
charts      figures that follow the theme
"""
