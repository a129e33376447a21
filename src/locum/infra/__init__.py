"""The machinery floor: database, web, loops and settings; it knows no feature."""
