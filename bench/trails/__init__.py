"""Large trails for measurements, made from a seed."""
