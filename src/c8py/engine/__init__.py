"""What a process does: commands in, events out. Its door is `runtime`; no sockets, threads, clock or chance in here."""
