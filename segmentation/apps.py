"""Django configuration of segmentation."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SegmentationConfig(AppConfig):
    """The segmentation app."""

    name = "segmentation"
    verbose_name = _("Segmentation")
