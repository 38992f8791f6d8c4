"""``torch.hub``: models from the network, which are refused when a program asks for one.

Many programs import these functions for weights that they only load if they are told to.
"""

from __future__ import annotations

from rushlight.refusals import refused

__all__ = ["download_url_to_file", "get_dir", "help", "list", "load"]
__all__ += ["load_state_dict_from_url", "set_dir"]

_WHY = "it fetches nothing from the network; load a file with rushlight.load"

download_url_to_file = refused("torch.hub.download_url_to_file", _WHY)
get_dir = refused("torch.hub.get_dir", _WHY)
help = refused("torch.hub.help", _WHY)
list = refused("torch.hub.list", _WHY)
load = refused("torch.hub.load", _WHY)
load_state_dict_from_url = refused("torch.hub.load_state_dict_from_url", _WHY)
set_dir = refused("torch.hub.set_dir", _WHY)
