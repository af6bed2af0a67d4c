"""One settings file. Everything comes from the environment, each name also as NAME_FILE."""

import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import environ

from companion.operations import embedded, languages
from memory.isolation import APP_ROLE, SWEEP_ROLE, role_password

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")
env = environ.FileAwareEnv()

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / ".rosemary"))).expanduser().resolve()
DEBUG = env.bool("DEBUG", default=False)
HOST = env.str("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
SECRET_KEY = env.str("SECRET_KEY", default="") or embedded.secret_key(DATA_DIR)
SITE_URL = env.str("SITE_URL", default=f"http://localhost:{PORT}")
_host = urlsplit(SITE_URL).hostname or "localhost"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", _host])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[SITE_URL])

# What the product does
SIGN_UP = env.str("SIGN_UP", default="open")  # open, invitation or closed; the first account is always let in
MESSAGE_LIMIT = env.int("MESSAGE_LIMIT", default=20_000)  # characters in one message
SESSION_SILENCE_MINUTES = env.int("SESSION_SILENCE_MINUTES", default=30)
PROMPT_TOKENS = env.int("PROMPT_TOKENS", default=4096)  # budget of one built prompt
REPLY_TOKENS = env.int("REPLY_TOKENS", default=1024)  # longest reply asked of an engine
REPLY_LEASE_SECONDS = env.int("REPLY_LEASE_SECONDS", default=15)  # a silent worker loses its reply after this
REPLY_ATTEMPTS = env.int("REPLY_ATTEMPTS", default=3)  # workers that may die over one reply
RETENTION = env.str("RETENTION", default="companion")  # how memories fade: companion or paper
OFF_RECORD_MINUTES = env.float("OFF_RECORD_MINUTES", default=60.0)  # after the last word said off the record, all go
ERASE_AFTER_SECONDS = env.float("ERASE_AFTER_SECONDS", default=30.0)  # so long an erasure can be taken back
LEAVE_AFTER_SECONDS = env.float("LEAVE_AFTER_SECONDS", default=600.0)  # so long a deleted account can be brought back
CLOCK_SHIFT = env.float("CLOCK_SHIFT", default=0.0)  # seconds added to the clock, to try "the next day"

# What an operator sees
LOG_FORMAT = env.str("LOG_FORMAT", default="plain")  # plain or json
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # lets Prometheus read /metrics from another machine
METRICS_HOST = env.str("METRICS_HOST", default="127.0.0.1")  # where a worker's own figures are served
METRICS_PORT = env.int("METRICS_PORT", default=0)  # 0: they are not

# Engine and encoder
ENGINE_URL = env.str("ENGINE_URL", default="")
ENGINE_MODEL = env.str("ENGINE_MODEL", default="")
ENGINE_KEY = env.str("ENGINE_KEY", default="")
ENGINE_TIMEOUT = env.float("ENGINE_TIMEOUT", default=60.0)  # seconds of silence before giving up
ENGINE_DISCOVERY = env.bool("ENGINE_DISCOVERY", default=True)  # look at the usual local ports
ENGINE_READS_TIME = env.bool("ENGINE_READS_TIME", default=False)  # ask it which days a question means
ENCODER = env.str("ENCODER", default="all-MiniLM-L6-v2")
STEMMER = env.str("STEMMER", default="english")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "channels",
    "django_vite",
    "memory",
    "companion.accounts",
    "companion.chat",
    "companion.memories",
    "companion.portrait",
    "companion.timeline",
    "companion.inspection",
    "companion.operations",
]

MIDDLEWARE = [
    "companion.operations.middleware.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "companion.operations.frontend_files.FrontendFilesMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "companion.accounts.middleware.TimeZoneMiddleware",
    "companion.accounts.middleware.LanguageMiddleware",
    "companion.operations.middleware.FormsOnlyMiddleware",
]

ROOT_URLCONF = "companion.urls"
ASGI_APPLICATION = "companion.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "companion" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": [
                "django.templatetags.i18n",
                "companion.languages.tags",
                "companion.chat.templatetags.commands",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# Three doors to one database: the app's role and the sweeps' are held by row-level security, the owner migrates.
DATABASE_URL = env.str("DATABASE_URL", default="")
_owner = env.db_url_config(DATABASE_URL) if DATABASE_URL else embedded.database(DATA_DIR)
_owner["HOST"] = unquote(_owner["HOST"])  # a unix socket's folder, as %2Fvar%2Frun%2Fpostgresql


def _database(user: str, *, pool: int) -> dict[str, object]:
    password = role_password(user, SECRET_KEY)
    options = {**_owner.get("OPTIONS", {}), "pool": {"min_size": 0, "max_size": pool, "timeout": 3}}
    return {
        **_owner,
        "USER": user,
        "PASSWORD": password,
        "OPTIONS": options,
        "CONN_HEALTH_CHECKS": True,
        "TEST": {"MIRROR": "owner"},
    }


DATABASES = {
    "default": _database(APP_ROLE, pool=env.int("DATABASE_POOL", default=10)),
    "sweep": _database(SWEEP_ROLE, pool=2),
    "owner": _owner,
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", default="") or embedded.redis_url(DATA_DIR)
CHANNEL_LAYERS = {
    "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "rosemary-cache",
    }
}

AUTH_USER_MODEL = "accounts.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("name", "email")},
    },
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "companion.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "companion.accounts.forms.SignUpForm",
    "login": "companion.accounts.forms.SignInForm",
    "reset_password": "companion.accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "companion.accounts.forms.ResetPasswordKeyForm",
    "change_password": "companion.accounts.forms.ChangePasswordForm",
    "set_password": "companion.accounts.forms.SetPasswordForm",
    "reauthenticate": "companion.accounts.forms.ReauthenticateForm",
}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
# With "none", signing up with an address that is taken cannot be hidden, as a new account is entered at once;
# with "mandatory" the answer is the same for both, and a mail tells the address's owner.
ACCOUNT_EMAIL_VERIFICATION = env.str("EMAIL_VERIFICATION", default="none")
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_RATE_LIMITS = {"signup": "10/m/ip,60/h/ip"}  # allauth's own limits hold for everything else
ACCOUNT_SESSION_REMEMBER = True
EMAIL_BACKEND = env.str("EMAIL_BACKEND", default="django.core.mail.backends.console.EmailBackend")
EMAIL_HOST = env.str("EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"Rosemary <rosemary@{_host}>")

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = languages.ENGLISH  # of the code, of engines, and of whoever asks for a language that is not here
USE_I18N = True
LOCALE_PATHS = [*env.list("LOCALES", cast=Path, default=[]), languages.LOCALE]  # folders with languages
LANGUAGES = languages.languages(LOCALE_PATHS)

STATIC_URL = "/static/"
FRONTEND_DIST = BASE_DIR / "frontend" / "dist"
STATICFILES_DIRS = [FRONTEND_DIST] if FRONTEND_DIST.exists() else []
WHITENOISE_USE_FINDERS = True  # the page is served from where it was built; nothing is collected
DJANGO_VITE = {
    "default": {
        "manifest_path": FRONTEND_DIST / ".vite" / "manifest.json",
        "app_client_class": "companion.operations.frontend_files.FrontendClient",
    }
}

_https = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _https else None
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "worker.logs.Plain", "fmt": "{asctime} {levelname:<7} {name}: {message}", "style": "{"},
        "json": {"()": "worker.logs.Json"},
    },
    "filters": {"wordless": {"()": "worker.logs.Wordless"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "stream": sys.stderr,
            "formatter": "json" if LOG_FORMAT == "json" else "plain",
            "filters": ["wordless"],
        }
    },
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "sentence_transformers": {"level": "WARNING"},
        **{name: {"handlers": [], "propagate": True} for name in ("uvicorn", "uvicorn.access", "uvicorn.error")},
    },
}
