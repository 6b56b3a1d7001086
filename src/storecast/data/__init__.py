"""Data: read a folder, clean it, hold it as a Panel, work out the calendar ahead, generate a chain for trials.

plain_files        the bytes of a file: gzip and ZIP unpacked
dialect            a file as a table of text: encoding, separator, line ends, titles above the header
workbooks          a sheet of an Excel workbook as such a table
file_tables        the files of a folder as such tables: missing columns, rows of totals
unread_files       files that lie beside those, and begin as the sales do
column_names       storecast.toml: the chain's own names of columns
file_columns       the columns of the files, as `schema` declares those of a Panel
parse_columns      text to typed columns; what cannot be read is refused: numbers, day_column; date_formats for its message
refuse_rows        how rows are refused: file, line, column, what was found, what was expected
store_days         one row a store and day: doubles dropped, several added up
replaced_stores    stores that moved or were renumbered, joined to those that took their place
events             days that models should not learn from; excluded_spans: what holds them
store_groups       columns of the stores by which totals are made; breakdown: what totals are broken down by
chain_checks       what files say together: ids, weeks, lone dates; totals_among_stores: rows of totals
read               the files of a folder together
broken_days        days whose records cannot be; unusual_last_days: of the whole chain, lately; level_jump: another unit
clean              repairs by named rules: cleaning_rules, repair_days, repair_stores, repair_holidays, repair_countries
country_holidays   public holidays of a country and its regions; feast_table: what feasts.toml adds; implied_country
store_countries    the country of each store, where a chain has several
kept_feasts        whether a country keeps Easter and Christmas; unseen_seasons asks it, and so do the terms of models
frames             data frames in memory, as the tables of a Panel; frame_groups: the groups in them
panel              Panel and Window; panel_checks: what a Panel promises
grid               a Panel as dense arrays, stores × days
overlay            replace days of a stored calendar
ahead              the calendar ahead, worked out; ahead_holidays: holidays by law or habit; holiday_dates: their dates;
                   ahead_school: school holidays, published or by habit;
                   recurrence: when a holiday comes again; yearly_closures: days on which a store is shut every year
generate           a generated chain: generate_calendar, generate_effects
"""
