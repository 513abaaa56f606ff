"""From the bytes of a file to events: unpacking, framing, and two lanes of parsing."""
