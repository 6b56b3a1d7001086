"""Parts: a chain that is too large for memory, cut into groups of whole stores that are read one by one.

scan           the files of a folder as streams: their dialect is found on the first lines, and held to
decimal_mark   which mark is the decimal one, decided for all parts
assign         which store goes to which part
split          the rows of the files into the files of the parts
survey         what is known of a part before it is cleaned; the surveys of all parts decide for the whole chain
sample         stores drawn from all parts, for models to learn from
chain_file     chain.json: what was decided, and the files of every part

Each part is a folder in the layout of any chain, and goes through the usual reading, cleaning, features and models.
"""
