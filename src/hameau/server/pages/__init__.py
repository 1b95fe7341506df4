"""The pages, rendered here and complete without scripts. One file a page; :data:`PAGES` is all their routes.

``render`` fills templates in; scripts of ``static/`` only add what a form can't do: live answers, live search, progress.
"""

from hameau.server.pages import ask, conversations, document, journal, library, models, perimeter, settings
from hameau.server.pages.render import error_page, raw_route, route

PAGES = (
    route("/", ask.first),
    raw_route("/ask", ask.post, "POST"),
    route("/search", library.search),
    route("/documents/{id}", document.show),
    route("/documents/{id}/forget", document.confirm_forgetting),
    route("/documents/{id}/forget", document.forget, "POST"),
    route("/library", library.show),
    route("/library/add", library.add, "POST"),
    raw_route("/library/files", library.add_files, "POST"),
    route("/library/sources/{id}", library.source),
    route("/library/sources/{id}/sync", library.sync, "POST"),
    route("/library/sources/{id}/let-back", library.let_back, "POST"),
    route("/library/sources/{id}/remove", library.confirm_removal),
    route("/library/sources/{id}/remove", library.remove, "POST"),
    route("/conversations", conversations.show),
    route("/conversations/{id}", ask.going_on),
    route("/conversations/{id}/rename", conversations.rename, "POST"),
    route("/conversations/{id}/delete", conversations.confirm_deletion),
    route("/conversations/{id}/delete", conversations.delete, "POST"),
    route("/models", models.show),
    route("/models/add", models.add, "POST"),
    route("/models/choose", models.choose, "POST"),
    route("/models/arrivals/{id}/stop", models.stop, "POST"),
    route("/models/{id}/remove", models.confirm_removal),
    route("/models/{id}/remove", models.remove, "POST"),
    route("/perimeter", perimeter.show),
    route("/perimeter/sign", perimeter.sign),
    route("/perimeter/allow", perimeter.allow, "POST"),
    route("/perimeter/level", perimeter.set_level, "POST"),
    route("/perimeter/connections/{name}/revoke", perimeter.confirm_revocation),
    route("/perimeter/connections/{name}/revoke", perimeter.revoke, "POST"),
    route("/journal", journal.show),
    route("/settings", settings.show),
    route("/settings", settings.change, "POST"),
    route("/language", settings.switch_language, "POST"),
)

__all__ = ["PAGES", "error_page"]
