"""Loads every module of the product, so that processes forked from this one need not."""

import pkgutil
from importlib import import_module

import alembic.command
import psycopg

import bot
import handlers
import storage

__all__ = ["alembic", "psycopg"]

for package in (bot, handlers, storage):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not {"__main__", "migrations"} & set(found.name.split(".")):
            import_module(found.name)
