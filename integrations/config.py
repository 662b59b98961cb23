"""Where each partner is and which keys we use with it: one flat mapping of names to values.

In the mode "sandbox" the mapping is the file that the sandbox wrote into its home, and the addresses point to
SANDBOX_URL; in the mode "real" it is `settings.INTEGRATIONS`. A missing name stops the call, never weakens it.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

SANDBOX = "sandbox"
REAL = "real"
CLIENT_FILE = "client.env"

SIGNED_SERVICES = ("BANK", "CUSTODY", "BUREAU", "CA")
# Without these the house works; it only learns less by itself.
OPTIONAL_SERVICES = ("MARKET",)
_SIGNED_NAMES = ("BASE_URL", "CLIENT_ID", "PRIVATE_KEY_FILE", "PUBLIC_KEY_FILE")
NAMES = (
    "WECHAT_BASE_URL",
    "WECHAT_MERCHANT_ID",
    "WECHAT_APP_ID",
    "WECHAT_PRIVATE_KEY_FILE",
    "WECHAT_CERTIFICATE_SERIAL",
    "WECHAT_API_V3_KEY_FILE",
    "WECHAT_PUBLIC_KEY_FILE",
    "WECHAT_PUBLIC_KEY_ID",
    "ALIPAY_BASE_URL",
    "ALIPAY_APP_ID",
    "ALIPAY_PRIVATE_KEY_FILE",
    "ALIPAY_PUBLIC_KEY_FILE",
    *(f"{service}_{name}" for service in SIGNED_SERVICES for name in _SIGNED_NAMES),
    "CA_TIMESTAMP_URL",
    "SMS_BASE_URL",
    "SMS_ACCOUNT",
    "SMS_SECRET_FILE",
)


class PartnerSettings:
    """The values of one mapping; a file name is read relative to `folder`."""

    def __init__(self, values: Mapping[str, str], folder: Path) -> None:
        self._values = values
        self._folder = folder

    def has(self, name: str) -> bool:
        """Tell whether a value is set."""
        return bool(self._values.get(name))

    def get(self, name: str) -> str:
        """Return a value. Raises ImproperlyConfigured when it is unset or empty."""
        value = self._values.get(name, "")
        if not value:
            raise ImproperlyConfigured(f"{name} is not set; docs/integrations.md says to what.")
        return value

    def get_path(self, name: str) -> Path:
        """Return the path of a file that must exist."""
        path = self._folder / self.get(name)
        if not path.is_file():
            raise ImproperlyConfigured(f"{name} names no readable file.")
        return path

    def read(self, name: str) -> str:
        """Return the text of a key file without the blanks around it."""
        return self.get_path(name).read_text().strip()

    def list_problems(self) -> list[str]:
        """Return what is missing, one sentence each, without touching the network."""
        problems = []
        for name in NAMES:
            try:
                _ = self.get_path(name) if name.endswith("_FILE") else self.get(name)
            except ImproperlyConfigured as error:
                problems.append(str(error))
        return problems


def partner_settings() -> PartnerSettings:
    """Return the settings of the mode in force."""
    if settings.INTEGRATIONS_MODE == SANDBOX:
        return _sandbox_settings(settings.SANDBOX_HOME, settings.SANDBOX_URL)
    if settings.INTEGRATIONS_MODE == REAL:
        return _real_settings(tuple(sorted(getattr(settings, "INTEGRATIONS", {}).items())))
    raise ImproperlyConfigured("INTEGRATIONS_MODE must be sandbox or real.")


def require_partners() -> None:
    """Raise ImproperlyConfigured naming everything that is missing, so that half a production never starts."""
    if settings.INTEGRATIONS_MODE == REAL and (problems := partner_settings().list_problems()):
        raise ImproperlyConfigured(" ".join(problems))


def webhook_url(path: str) -> str:
    """Return the public address of one of our webhooks."""
    return f"{settings.PUBLIC_URL.rstrip('/')}/api/v1/webhooks/{path}"


@lru_cache(maxsize=4)
def _real_settings(values: tuple[tuple[str, str], ...]) -> PartnerSettings:
    return PartnerSettings(dict(values), Path("/"))


@lru_cache(maxsize=4)
def _sandbox_settings(home: str, url: str) -> PartnerSettings:
    file = Path(home) / CLIENT_FILE
    if not file.is_file():
        raise ImproperlyConfigured("P2PCRM_SANDBOX_HOME holds no client.env: start the sandbox once with --init.")
    values = dict(
        line.split("=", 1) for line in file.read_text().splitlines() if "=" in line and not line.startswith("#")
    )
    base = url.rstrip("/")
    for service in ("WECHAT", "ALIPAY", *SIGNED_SERVICES, *OPTIONAL_SERVICES, "SMS"):
        values[f"{service}_BASE_URL"] = f"{base}/{service.lower()}"
    values["CA_TIMESTAMP_URL"] = f"{base}/ca/tsa"
    return PartnerSettings(values, Path(home))
