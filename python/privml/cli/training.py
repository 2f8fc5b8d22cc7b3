"""What ``privml train`` does: table to sites, preprocessing, rounds, files."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from privml import federated
from privml._wording import count_text
from privml.cli import console, dataset
from privml.cli.keys import load_private_key
from privml.cli.tables import Table, read_table
from privml.cli.training_summary import PLAIN, SiteScore, Summary
from privml.errors import DataError, InternalError
from privml.federated.preprocessing import Preprocessor
from privml.federated.report import write_report

if TYPE_CHECKING:
    from privml.paillier import PrivateKey

__all__ = ["Settings", "run"]

DEFAULT_MU = 0.1
KEY_FILE = "sites.key"


@dataclass(frozen=True)
class Settings:
    """The options of the command, by their names there."""

    file: Path
    target: str
    out: Path
    site: str | None
    sites: int | None
    drop: tuple[str, ...]
    categories: Path | None
    model_name: str
    hidden: int
    strategy: str
    mu: float | None
    aggregation: str
    rounds: int
    epochs: int
    batch_size: int
    learning_rate: float
    min_sites: int
    allow_small_sites: bool
    seed: int | None
    key: Path | None
    save_key: bool
    limit: float
    max_examples: int
    bits: int
    insecure_key_size: bool
    password_file: Path | None
    report: bool
    delimiter: str
    force: bool
    as_json: bool

    @property
    def keeps_key(self) -> bool:
        """Whether a key that is made is written to disk."""
        return self.key is None and (self.save_key or self.password_file is not None)


def run(settings: Settings, stage: Path, password: bytes | None) -> Summary:
    """Train and write everything into `stage`.

    Parameters
    ----------
    settings : Settings
        The options.
    stage : pathlib.Path
        An empty directory.
    password : bytes, optional
        Password of the key that is made, where it is kept.

    Returns
    -------
    Summary
        What to tell the user.
    """
    table = read_table(settings.file, settings.delimiter)
    target = dataset.read_target(table, settings.target, _task(settings.model_name))
    rows = _sites(table, settings)
    names = _features(table, settings)
    listed = {} if settings.categories is None else dataset.read_categories(settings.categories, names)
    numeric, categorical, columns = dataset.site_columns(table, names, rows, listed)

    key = None if settings.aggregation == "plain" else _key(settings, stage, password)
    aggregation = _aggregation(settings, key)
    combiner = federated.SumCombiner(aggregation, names=list(rows), min_sites=settings.min_sites)
    with console.progress("Combining the sites' statistics"):
        rule = Preprocessor.fit(
            columns, numeric=numeric, categorical=categorical, combiner=combiner, categories=listed
        )
        offset, scale = _target_scale(target, rows, combiner)
    if not rule.feature_names:
        raise DataError(
            f"{settings.file}: no column is left to learn from; those left out hold one value only"
        )
    values: list[NDArray[Any]] = [target.values[part] for part in rows.values()]
    if target.task == "number":
        values = [(part - offset) / scale for part in values]
    inputs = [rule.transform(part) for part in columns]
    sites = [federated.Site(name, X, y) for name, X, y in zip(rows, inputs, values, strict=True)]

    name, model = _model(settings, target, len(rule.feature_names))
    if key is None:
        console.say(f"Not encrypted: {PLAIN} (--aggregation paillier encrypts).", quiet=settings.as_json)
    history = _train(settings, model, sites, aggregation)
    scores = [_score(site, history.model, target, scale) for site in sites]

    weights = {f"weight_{index}": np.asarray(part) for index, part in enumerate(history.model.weights)}
    arrays = {**weights, **_description(name, target, offset, scale), **rule.to_arrays()}
    _save(stage / "model.npz", arrays)
    text = json.dumps(_finite(history.to_dict()), indent=2, ensure_ascii=False)
    (stage / "history.json").write_text(text + "\n", encoding="utf-8")
    summary = Summary(
        out=settings.out,
        files=(),
        model=name,
        target=target,
        features=rule.feature_names,
        preprocessor=rule,
        scores=tuple(scores),
        rounds=tuple(history.rounds),
        key=None if key is None else (key.bits, key.fingerprint),
        key_origin=None if key is None else _origin(settings),
        sites_listed=settings.site is not None,
    )
    if settings.report:
        write_report(
            history, stage / "report", about=summary.facts(settings.strategy), scores=summary.table()
        )
    files = (path.relative_to(stage).as_posix() for path in stage.rglob("*") if path.is_file())
    return replace(summary, files=tuple(sorted(files)))


def _task(model_name: str) -> Literal["classes", "number"] | None:
    if model_name in ("logistic", "softmax"):
        return "classes"
    return "number" if model_name == "linear" else None


def _sites(table: Table, settings: Settings) -> dict[str, NDArray[np.int64]]:
    if settings.site is None:
        if settings.sites is None:
            raise InternalError("neither --site nor --sites is given")
        rows = dataset.split_evenly(len(table), settings.sites, settings.seed)
    elif settings.site == settings.target:
        raise DataError(f"the column {settings.site!r} cannot be both site and target")
    else:
        rows = dataset.split_by_column(table, settings.site)
    if len(rows) < settings.min_sites:
        verb = "is" if len(rows) == 1 else "are"
        why = ": with fewer than 3, a site could work out the others' updates from the sum"
        raise DataError(
            f"there {verb} {count_text(len(rows), 'site')} and --min-sites is {settings.min_sites}"
            + (why if len(rows) < 3 else "")
        )
    if not settings.allow_small_sites:
        dataset.check_rows(rows, settings.file)
    return rows


def _features(table: Table, settings: Settings) -> list[str]:
    for name in settings.drop:
        table.cells(name)
        if name in (settings.target, settings.site):
            raise DataError(f"--drop {name}: that column is the target or the site")
    taken = {settings.target, settings.site, *settings.drop}
    return [name for name in table.names if name not in taken]


def _key(settings: Settings, stage: Path, password: bytes | None) -> PrivateKey:
    """Get the sites' key: read, or made and, where a password says so, kept."""
    from privml.paillier import PrivateKey

    if settings.key is not None:
        key = load_private_key(settings.key, settings.password_file)
        if not isinstance(key, PrivateKey):
            raise DataError(f"{settings.key} is an ElGamal key; train needs a Paillier key")
        return key

    with console.progress(f"Looking for two primes of {settings.bits // 2} bits") as watch:
        key = PrivateKey.generate(settings.bits, insecure_key_size=settings.insecure_key_size, progress=watch)
    if password is not None:
        key.save(stage / KEY_FILE, password=password)
        key.public_key.save(stage / f"{KEY_FILE}.pub")
    return key


def _aggregation(settings: Settings, key: PrivateKey | None) -> federated.Aggregation:
    if key is None:
        return federated.PlainSum()
    return federated.PaillierSum(key, limit=settings.limit, max_examples=settings.max_examples)


def _origin(settings: Settings) -> str:
    if settings.key is not None:
        return f"read from {settings.key}"
    if settings.keeps_key:
        return f"made now and kept in {settings.out / KEY_FILE}"
    return "made now and forgotten: it was in memory only"


def _target_scale(
    target: dataset.Target, rows: Mapping[str, NDArray[np.int64]], combiner: Any
) -> tuple[float, float]:
    """Mean and deviation of a quantity, combined like those of the columns; classes have none."""
    if target.task == "classes":
        return 0.0, 1.0
    _, mean, variance = combiner.moments([target.values[part][:, None] for part in rows.values()])
    return float(mean[0]), math.sqrt(float(variance[0])) or 1.0


def _model(settings: Settings, target: dataset.Target, width: int) -> tuple[str, Any]:
    classes = len(target.classes)
    name = settings.model_name
    if name == "auto":
        name = "linear" if target.task == "number" else "logistic" if classes == 2 else "softmax"
    if name == "logistic" and classes != 2:
        raise DataError(f"the target {target.name!r} has {classes} classes; --model logistic takes 2")
    if name == "logistic":
        return name, federated.LogisticRegression(width)
    if name == "softmax":
        return name, federated.SoftmaxRegression(width, classes)
    if name == "linear":
        return name, federated.LinearRegression(width)
    return name, federated.MLP([width, settings.hidden, max(classes, 1)], seed=settings.seed)


def _train(settings: Settings, model: Any, sites: Sequence[Any], aggregation: Any) -> Any:
    mu = DEFAULT_MU if settings.mu is None else settings.mu
    strategy = federated.FedProx(mu=mu) if settings.strategy == "fedprox" else federated.FedAvg()
    with console.progress(f"Training with {count_text(len(sites), 'site')}") as watch:
        return federated.train(
            model,
            sites,
            strategy=strategy,
            aggregation=aggregation,
            rounds=settings.rounds,
            epochs=settings.epochs,
            batch_size=settings.batch_size or None,
            learning_rate=settings.learning_rate,
            min_sites=settings.min_sites,
            seed=settings.seed,
            progress=watch,
        )


def _score(site: Any, model: Any, target: dataset.Target, scale: float) -> SiteScore:
    predicted = np.asarray(model.predict(site.X))
    if target.task == "classes":
        return SiteScore(site.name, len(site.y), float(np.mean(predicted == site.y)))
    return SiteScore(site.name, len(site.y), scale * float(np.sqrt(np.mean((predicted - site.y) ** 2))))


def _description(name: str, target: dataset.Target, offset: float, scale: float) -> dict[str, NDArray[Any]]:
    return {
        "model": np.array(name),
        "target": np.array(target.name),
        "classes": np.array(target.classes, dtype=np.str_),
        "target_mean": np.array(offset),
        "target_scale": np.array(scale),
    }


def _save(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


def _finite(value: Any) -> Any:
    """Replace NaN and infinity, which JSON lacks, by None."""
    if isinstance(value, Mapping):
        return {str(name): _finite(part) for name, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_finite(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
