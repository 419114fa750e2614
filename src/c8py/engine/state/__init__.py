"""What is true now on this partition. `views` for who decides, `tables` for who applies events; nothing else writes."""
