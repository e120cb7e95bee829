"""Tables, repositories (all queries live here), engine and migrations."""
