"""What requests may say, declared once: decoded, checked and described to clients by the same types.

bodies       the bodies of requests
rows         their rows, made from `schema.COLUMNS`: as objects, columns or CSV
decode       strict JSON, and refusals that name the place
query        parameters of the address, and cursors
"""
