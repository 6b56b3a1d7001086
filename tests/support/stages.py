"""The variables by which a test tells the plug-in `support.staged_model` where to report its stages, and how long each takes."""

FOLDER, PAUSE_S = "TEST_STAGES", "TEST_PAUSE_S"
