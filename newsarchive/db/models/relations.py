"""What an article refers to: its authors, terms and pictures."""

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from newsarchive.db.models.base import Base, cascade


class AuthorRow(Base):
    """A name in a byline. `kind` is `person`, `organisation` or `agency`."""

    __tablename__ = "authors"
    __table_args__ = (UniqueConstraint("name", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="person")
    url: Mapped[str] = mapped_column(default="")


class ArticleAuthor(Base):
    __tablename__ = "article_authors"

    article_id: Mapped[int] = cascade("articles.id", primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = cascade("authors.id", index=True)


class Term(Base):
    """A category, tag or keyword. `kind` is `keyword` or `section`."""

    __tablename__ = "terms"
    __table_args__ = (UniqueConstraint("kind", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]


class ArticleTerm(Base):
    __tablename__ = "article_terms"

    article_id: Mapped[int] = cascade("articles.id", primary_key=True)
    term_id: Mapped[int] = cascade("terms.id", primary_key=True, index=True)
    position: Mapped[int] = mapped_column(default=0)


class ImageRow(Base):
    """A picture of an article, with caption and credit."""

    __tablename__ = "images"

    article_id: Mapped[int] = cascade("articles.id", primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str]
    caption: Mapped[str] = mapped_column(default="")
    credit: Mapped[str] = mapped_column(default="")
