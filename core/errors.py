"""Every error the program raises on purpose.

    QualityControlError
    ├── ImageRejected          this file cannot be inspected; the others go on
    ├── UploadRefused          an upload or archive breaks a limit as a whole
    ├── ModelUnavailable       nothing can be inspected
    │   ├── ModelMissing           a model file or the model card is not there
    │   └── ModelAltered           a model file is not the one the card describes
    ├── StoreError             the database cannot do what was asked
    │   ├── StoreUnavailable       it cannot be opened, reached or written
    │   │   └── StoreLost              its server does not answer, or no longer
    │   ├── StoreBusy              another writer held it for too long
    │   └── StoreVersion           its schema is newer than this program
    ├── NotAllowed             this person's role does not include what was asked
    ├── DataSetError           a training or evaluation folder is unusable
    ├── ThresholdError         no threshold can be chosen on this evidence
    │   └── NotEnoughCastings      too few defective castings for the guarantee
    ├── DemonstrationRefused   a demonstration cannot be made or cleared here
    └── SettingsError          a setting is missing or wrong

Each message says what happened and what to do; it is fit to be shown to a user.
"""


class QualityControlError(Exception):
    """Base of every error raised on purpose; ``str(error)`` may be shown to a user."""


class ImageRejected(QualityControlError):
    """One file cannot be inspected; ``reason`` says why and what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UploadRefused(QualityControlError):
    """A whole upload or archive breaks a limit."""


class ModelUnavailable(QualityControlError):
    """The model cannot be used, so nothing is inspected."""


class ModelMissing(ModelUnavailable):
    """A model file or the model card is not there."""


class ModelAltered(ModelUnavailable):
    """A model file does not have the sha256 that its model card names."""


class StoreError(QualityControlError):
    """The database cannot do what was asked."""


class StoreUnavailable(StoreError):
    """The database cannot be opened, reached or written."""


class StoreLost(StoreUnavailable):
    """The database's server does not answer, or stopped answering in the middle of work."""


class StoreBusy(StoreError):
    """Another writer held the database for longer than the waiting time."""


class StoreVersion(StoreError):
    """The database was made by a newer version of this program."""


class NotAllowed(QualityControlError):
    """The person's role does not include what was asked."""


class DataSetError(QualityControlError):
    """A training or evaluation folder cannot be used."""


class ThresholdError(QualityControlError):
    """No threshold can be chosen on this evidence, or it may not be applied."""


class NotEnoughCastings(ThresholdError):
    """A recall cannot be guaranteed on so few defective castings; ``more`` are needed."""

    def __init__(self, recall: float, confidence: float, castings: int, needed: int) -> None:
        self.needed = needed
        self.more = needed - castings
        super().__init__(
            f"A recall of {recall:g} cannot be guaranteed with {confidence:.4g} confidence on "
            f"{castings} defective castings: {needed} are needed, {self.more} more. Collect "
            "photographs of more defective castings, or ask for less."
        )


class DemonstrationRefused(QualityControlError):
    """A database in use takes no demonstration, and one without the mark is never cleared."""


class SettingsError(QualityControlError):
    """A setting is missing or has a value that cannot be used."""
