"""The simplest value of a slot."""


class Text:
    """A text with one form, or the forms given."""

    def __init__(self, text: str, **forms: str) -> None:
        self._text = text
        self._forms = forms

    def show(self, form: str, *, synonym: bool, question: bool) -> str:
        """The form, or the plain text if it has no such form."""
        return self._forms.get(form, self._text)
