"""anonymize: a whole dataset as an anonymizer releases it. What it writes keeps ids and history: not for publishing."""

import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from maskeleton.apply import PATHS, said_of_path
from maskeleton.checkpoint import PAGE
from maskeleton.crowd import Crowd, release_of
from maskeleton.donors import sources_beside, write_sources
from maskeleton.engine import Engine
from maskeleton.errors import UserError, pick, printable
from maskeleton.formats.opening import read, said_of_source, writer
from maskeleton.intake import Taken, take_in
from maskeleton.jobs import Report, Share
from maskeleton.mask import refuse_other_plans
from maskeleton.private import private
from maskeleton.record import record_of
from maskeleton.room import own_room
from maskeleton.seeds import seed_for
from maskeleton.verbs import convert
from maskeleton.verbs.convert import done_by_others, keep_apart, refuse_overwriting
from maskeleton.verbs.masking import mask_of
from maskeleton.verbs.targeting import reach, refuse_targets
from maskeleton.verbs.working import mapped

KEY_BYTES = 32
NOT_YET = ("ids, names and history are still those of the original: this is not for publishing; "
           "maskeleton evaluate says what it gives away")
UNSAFE = "made with --seed: whoever knows the seed can undo what was random; for tests only, never to be published"


def anonymize(
    data: str | Path,
    out: str | Path,
    *,
    mask: str | Path,
    strength: float | None = None,
    target_risk: float | None = None,
    hide: Sequence[str] = (),
    keep: Sequence[str] = (),
    set: Mapping[str, str] | None = None,
    to: str = "store",
    key: str | Path | None = None,
    seed: int | None = None,
    format: str | None = None,
    pattern: str | None = None,
    people: Sequence[str | Path] = (),
    skeleton: str | None = None,
    fps: float | None = None,
    device: str = "cpu",
    jobs: int = 1,
    share: tuple[int, int] = (0, 1),
    on: str = "local",
    force: bool = False,
    report: Report | None = None,
) -> Taken:
    """Anonymize `data` with the model in the folder `mask`, or with an anonymizer of that name, into `out`. With
    `target_risk` it is done as weakly as brings what is to be hidden below that, by what is found on training people."""
    used = {key: value for key, value in locals().items() if key not in ("report", "seed")}
    refuse_targets(target_risk, strength, hide)
    out, machine, engine = Path(out), Share.checked(*share, on), Engine(device)
    if engine.device.type != "cpu" and jobs > 1:
        raise UserError(f"{jobs} jobs cannot share one {engine.device.type}", "leave --jobs away, or --device")
    if to != "store":
        writer(to)
    if done_by_others(out, force, "anonymize", used):
        return Taken(None, [], Counter(), {}, 0)
    refuse_overwriting(out, force)
    for read_from in (data, *([mask] if (Path(mask) / PAGE).is_file() else [])):
        keep_apart(out, Path(read_from), Path(read_from))
    with own_room() as own:
        dataset = mapped(read(data, format, **said_of_source(pattern, people, skeleton, fps)), own)
        options = dict(set or {})
        path = options.pop("path", "population")
        pick(path, PATHS, "path")
        told = {}
        if target_risk is not None:
            found = reach(dataset, mask, options, target_risk, hide, keep, own, jobs=jobs)
            options, strength, told = dict(found.setting.options), found.setting.strength, {"target": found.said}
        chosen = mask_of(mask, dataset, options)
        refuse_other_plans(chosen, dataset)
        chosen.net.to(engine.device)
        if strength is not None:
            chosen.net.strength = strength
        if chosen.net.scope == "dataset":
            chosen.net.donors(dataset, 0)  # what it refuses is refused before a key is drawn
        source = release_of(chosen, dataset, key_for(out, seed, key), path)
        write_sources(out, dataset.ids, source.sources)
        record = record_of("anonymize", used, seed or 0, model=chosen.hash, content_read=dataset.content_id,
                           tests_only=seed is not None)
        told |= chosen.net.said(dataset, source.seed if isinstance(source, Crowd) else 0)
        entry = {"verb": "anonymize", "with": chosen.name, "options": chosen.net.options, "model": chosen.hash,
                 "strength": chosen.net.strength, "chain": chosen.chain, **said_of_path(chosen, path), **told,
                 "warning": NOT_YET if seed is None else UNSAFE}
        return take_in(source, out, to, record, jobs=jobs, share=machine, report=report, history=dataset.history,
                       entry=entry)


def key_for(out: Path, seed: int | None, key: str | Path | None = None) -> bytes:
    """The secret key in the file `key`, else beside the output, drawn by the system; one that is there is used again, so
    that an interrupted run goes on with it."""
    if seed is not None and key is not None:
        raise UserError("--seed and --key are two keys", "give one of them; --seed is for tests only")
    if seed is not None:
        return seed_for(seed, "key").to_bytes(8, "little") * (KEY_BYTES // 8)
    place = out.with_name(f"{out.name}.key") if key is None else Path(key)
    if not place.exists():
        with private(place, once=True) as drawn:
            drawn.write_text(secrets.token_hex(KEY_BYTES) + "\n", "ascii")
    try:
        drawn_key = bytes.fromhex(place.read_text("ascii").strip())
    except (ValueError, OSError):
        drawn_key = b""
    if len(drawn_key) != KEY_BYTES:
        raise UserError(f"{place} holds no key", "give the file that an earlier anonymize wrote" if key is not None else
                        "delete it, or choose another OUT")
    return drawn_key


def told(taken: Taken, out: Path, seed: int | None, key: str | Path | None = None) -> str:
    """What happened, as a person reads it."""
    if taken.dataset is None:
        return convert.told(taken, out)
    lines = [f"{out}: {len(taken.dataset):,} recordings anonymized"]
    if target := taken.dataset.history[-1].get("target"):
        lines.append(str(target))
    if taken.asides:
        lines.append(f"set aside {len(taken.asides):,}, listed in quarantine.csv, as "
                     + ": ".join(word for word in taken.asides[0] if word))
    if seed is None:
        lines.append(f"the secret key is in {key or f'{out}.key'}: keep it apart from the release, or delete it")
    if (beside := sources_beside(out)).exists():
        lines.append(f"whose motion entered whose release is in {beside}: keep it apart from the release")
    if unknown := taken.dataset.history[-1].get("unknown"):
        lines.append(f"! {unknown}")
    return "\n".join(map(printable, [*lines, f"! {NOT_YET if seed is None else UNSAFE}"]))
