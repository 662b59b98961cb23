"""Django configuration of the simulation."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SimulationConfig(AppConfig):
    """The demo world and the replay of real books."""

    name = "simulation"
    verbose_name = _("Simulation")
