"""Advice beside a proposal: what a reviewer wants to know anyway, each with its evidence and AWS's page about it.

It changes no policy.
"""
