"""Replay a made-up or a past case through time with the real engine, isolated: no network, nothing kept."""
