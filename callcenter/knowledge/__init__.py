"""Articles, and which of their passages fit a question: `retrieve(question, language) -> passages`.

`Library` keeps what a company knows beyond its profile: its folder's articles, and over them those of the store. The
search is siblings' business: words.py makes words of any spelling comparable, index.py ranks and refuses nonsense.
Questions that found nothing are kept as gaps, without numbers or addresses.
"""

from callcenter.knowledge.article import Article, ArticleStatus, ArticleStore, ArticleText, Gap, Passage
from callcenter.knowledge.lookup import Articles, Lookup

__all__ = ["Article", "ArticleStatus", "ArticleStore", "ArticleText", "Articles", "Gap", "Lookup", "Passage"]
