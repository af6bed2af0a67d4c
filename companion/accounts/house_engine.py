"""Which language model speaks in this house, as fields of a form: one that is found, one at an address, or none yet."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext, ngettext, pgettext

from worker import engines
from worker.engines import chosen, trial
from worker.engines.chosen import Choice, Kind
from worker.engines.trial import Heard, NoEngine

LONGEST_KEY = 1000
TYPED_IN_SESSION = "typed_engine"  # an address that failed in the first run


def is_fixed() -> bool:
    """The environment names the engine, which goes before what is chosen on a page."""
    return bool(settings.ENGINE_URL)


def heard(url: str, key: str) -> Heard:
    """What answers at an address, with the key that is kept where none is typed. Raises NoEngine."""
    return trial.listen(trial.address(url), key=key.strip() or kept_key(url))


def kept_key(url: str) -> str:
    """The key that is kept, for the server it was given for and no other."""
    kept = chosen.choice()
    return kept.key if kept.key and chosen.same_server(trial.address(url), kept.url) else ""


def in_words(heard: Heard) -> str:
    """“It answered in 0.4 seconds, with 2 models.”"""
    count = len(heard.models)
    words = ngettext(
        "It answered in %(seconds)s s, with %(count)s model.",
        "It answered in %(seconds)s s, with %(count)s models.",
        count,
    )
    return words % {"seconds": f"{max(heard.seconds, 0.1):.1f}", "count": count}


def context() -> dict[str, Any]:
    """What the fields' template tells beside them."""
    return {"fixed": is_fixed(), "discovers": settings.ENGINE_DISCOVERY, "found": engines.found_here()}


class EngineFields:
    """A form that asks which language model is to speak; `engine_choice` is the answer once it is valid."""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]
    engine_choice: Choice | None = None
    engine_silent = False  # whether an address was typed at which nothing answers

    if TYPE_CHECKING:

        def add_error(self, field: str | None, error: Any) -> None: ...

    def add_engine(self, before: Choice | None = None) -> None:
        """The fields, filled with what is chosen; a key is never shown again."""
        if is_fixed():
            return
        before = before or Choice()
        kind = Kind.NONE if before.kind is Kind.FOUND and not settings.ENGINE_DISCOVERY else before.kind
        self.fields["engine"] = forms.ChoiceField(
            choices=[(kind.value, kind.value) for kind in Kind],
            required=False,
            initial=kind.value,
        )
        self.fields["engine_url"] = forms.CharField(
            label=gettext("Its address"),
            help_text=gettext("As http://192.168.1.20:11434/v1"),
            required=False,
            max_length=trial.LONGEST,
            initial=before.url,
            widget=forms.TextInput(attrs={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}),
        )
        kept = gettext("One is kept. Leave this empty to go on with it at the same server.")
        self.fields["engine_key"] = forms.CharField(
            label=gettext("Its key"),
            help_text=kept if before.key else gettext("If the server asks for one. It is kept sealed and never shown."),
            required=False,
            max_length=LONGEST_KEY,
            widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        )
        models = [before.model] if before.model else []
        self.fields["engine_model"] = forms.CharField(
            label=gettext("The model"),
            required=False,
            max_length=200,
            initial=before.model,
            widget=forms.Select(choices=[("", gettext("The first that it lists")), *((one, one) for one in models)]),
        )
        for name in ("engine_url", "engine_key", "engine_model"):
            self.fields[name].widget.attrs["class"] = "input"

    def try_engine(self, *, anyway: bool = False) -> None:
        """Make `engine_choice` of what was filled in; an address is tried now, unless it is to be kept `anyway`."""
        try:
            self.engine_choice = self.chosen_engine(anyway=anyway)
        except NoEngine as why:
            self.engine_silent = not isinstance(why, trial.NoAddress)
            self.add_error("engine_url", str(why))

    def chosen_engine(self, *, anyway: bool = False) -> Choice | None:
        """What was filled in; None where nothing was asked. Raises NoEngine for an address where there is none."""
        kind = self.cleaned_data.get("engine")
        if kind == Kind.ADDRESS:
            return self._at_address(anyway=anyway)
        return Choice(Kind(kind)) if kind else None

    def _at_address(self, *, anyway: bool) -> Choice:
        typed, key, model = (self.cleaned_data.get(f"engine_{name}", "") for name in ("url", "key", "model"))
        key = key.strip() or kept_key(typed)
        if anyway:
            return Choice(Kind.ADDRESS, trial.address(typed), model, key)
        answer = heard(typed, key)
        self.fields["engine_model"].widget.choices += [(one, one) for one in answer.models]
        wanted = settings.ENGINE_MODEL or model
        if wanted and wanted not in answer.models:
            words = gettext("It has no model “%(model)s”. It has: %(known)s.")
            raise NoEngine(
                words % {"model": wanted, "known": pgettext("between names in a list", ", ").join(answer.models[:5])}
            )
        return Choice(Kind.ADDRESS, answer.url, model, key)
