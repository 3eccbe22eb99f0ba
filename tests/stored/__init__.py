"""Archives as versions of newsarchive wrote them, kept to be opened by every later one."""
