"""What all tables share."""

from sqlalchemy import BigInteger, Column, Integer, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite only numbers rows by itself for INTEGER; PostgreSQL gets the wide type.
Id = BigInteger().with_variant(Integer, "sqlite")


def id_column() -> "Column[int]":
    """Return a new column for the number of a row."""
    return Column("id", Id, primary_key=True)
