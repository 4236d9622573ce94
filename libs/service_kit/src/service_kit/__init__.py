"""What every service needs and no business word: settings, HTTP app, tokens, database, events, fetching, logs."""
