"""``torch.mps`` of a PyTorch built without it: there is no such device."""

from rushlight.absent import device_count, is_available, manual_seed

__all__ = ["device_count", "is_available", "manual_seed"]
