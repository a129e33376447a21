"""The shared filter language: what lists, counts and streams may be restricted by, in SQL and in memory."""
