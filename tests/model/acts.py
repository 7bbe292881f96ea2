"""What happens in a scenario: each act is a generator that yields after every frame it sends."""

import capture
import frames
import wire
from association import SECOND, WINDOW
from gateway import (AHEAD, BUDGET_SLOW, DOWNLINK_AFTER_END, FORWARD, RESUME_LIMIT, USED_UP)


def choose(maker):
    act = maker.rng.choices([act for act, _ in ACTS], [weight for _, weight in ACTS])[0]
    if maker.group_associations() and maker.chance(0.1):
        return group_data(maker)
    if not maker.device_associations():
        return maker.rng.choice((bad_packets, runts, group_data))(maker)
    return act(maker)


def any_sa(maker):
    """Mostly one that still lives."""
    everyone = maker.device_associations()
    living = [sa for sa in everyone if not sa.expired(maker.now)]
    return maker.rng.choice(living if living and maker.chance(0.95) else everyone)


# --- DATA -------------------------------------------------------------------------------------

def good_data(maker):
    sa = any_sa(maker)
    for _ in range(maker.rng.randrange(1, 20)):
        maker.send(sa, maker.data(sa, sa.highest + maker.rng.choice((1, 1, 1, 1, 2, 5, 63, 64))))
        yield


def reordered_data(maker):
    """COUNTs of a stretch in any order, some of them twice, side by side or apart."""
    sa = any_sa(maker)
    first = sa.highest + 1
    counts = [first + i for i in range(maker.rng.randrange(2, 25))]
    counts += maker.rng.sample(counts, len(counts) // 3)
    maker.rng.shuffle(counts)
    sent = {}
    for count in counts:
        message = sent.get(count) or maker.data(sa, count)
        sent[count] = message
        maker.send(sa, message)
        yield
        if maker.chance(0.2):
            maker.send(sa, message)
            yield


def replay_distances(maker):
    sa = any_sa(maker)
    maker.send(sa, maker.data(sa, sa.highest + maker.rng.choice((1, 30, 64, 70, 200))))
    yield
    top = sa.highest
    distances = list(range(0, 71)) if maker.chance(0.3) else \
        [0, 1, WINDOW - 2, WINDOW - 1, WINDOW, WINDOW + 1, 70]
    maker.rng.shuffle(distances)
    for distance in distances:
        if top - distance >= 0:
            maker.send(sa, maker.data(sa, top - distance, payload=b""))
            yield


def jumps(maker):
    sa = any_sa(maker)
    for _ in range(maker.rng.randrange(1, 6)):
        ahead = maker.rng.choice((FORWARD - 1, FORWARD, FORWARD + 1, FORWARD + 1, 1 << 20))
        maker.send(sa, maker.data(sa, sa.highest + ahead))
        yield
    for edge in (1 << 31, USED_UP):
        if abs(edge - sa.highest) < FORWARD:
            for count in (edge - 1, edge, edge + 1):
                maker.send(sa, maker.data(sa, count))
                yield
                mt(maker, sa)
                yield


def bad_tags(maker):
    sa = any_sa(maker)
    for _ in range(maker.rng.randrange(1, 8)):
        message = bytearray(maker.data(sa, sa.highest + 1))
        message[-1 - maker.rng.randrange(4)] ^= 1 << maker.rng.randrange(8)
        maker.send(sa, bytes(message), roaming(maker))
        yield
        maker.send(sa, maker.data(sa, sa.highest + 1))
        yield


def budget(maker):
    """To 256 failures and a little beyond, then checks from elsewhere, a second apart or less."""
    sa = any_sa(maker)
    home, away = maker.homes[sa.key_id], roaming(maker)
    maker.send(sa, maker.data(sa, sa.highest + 1))
    yield
    target = BUDGET_SLOW + maker.rng.choice((-1, 0, 1))
    attempts = 0
    while sa.failures < target and attempts < BUDGET_SLOW + 8:
        attempts += 1
        message = maker.data(sa, sa.highest + 1 + attempts % 3, b"", tag=maker.rng.randbytes(4)
                             if sa.tag_length == 4 else bytes(8))
        maker.send(sa, message, maker.rng.choice((home, away)))
        maker.advance(1000)
        yield
    for _ in range(maker.rng.randrange(4, 16)):
        src = maker.rng.choice((home, away, roaming(maker)))
        odd = {"tag": bytes(sa.tag_length)} if maker.chance(0.4) else {}
        maker.send(sa, maker.data(sa, sa.highest + 1, b"", **odd), src)
        yield
        if sa.last_foreign_check is not None and maker.chance(0.6):
            maker.now = max(maker.now, sa.last_foreign_check + SECOND
                            + maker.rng.choice((-1, 0, 1)) * maker.tick())
    if maker.chance(0.7):
        maker.send(sa, maker.resume(sa, sa.m))
        yield
        maker.send(sa, maker.data(sa, sa.highest + 1), away)
        yield


def roaming(maker):
    return maker.endpoint()


def roam(maker):
    """A device moves on, between IP versions too, and downlink follows where it should."""
    sa = any_sa(maker)
    for _ in range(maker.rng.randrange(1, 5)):
        maker.homes[sa.key_id] = maker.endpoint()
        maker.send(sa, maker.data(sa, sa.highest + maker.rng.choice((1, 3))))
        yield
        maker.send(sa, maker.data(sa, sa.highest - 1), maker.endpoint())
        yield
        mt(maker, sa)
        yield


# --- RESUME -----------------------------------------------------------------------------------

def resume(maker):
    """Accepted; at once followed by DATA of both epochs, downlink, and repeats."""
    sa = any_sa(maker)
    old = (sa.epoch, sa.epoch_root)
    flags = wire.FLAG_END if maker.chance(0.2) else 0
    message = maker.resume(sa, sa.m + maker.rng.choice((0, 0, 0, 1, 7, AHEAD)), flags=flags)
    maker.resumes[sa.key_id] = message
    maker.send(sa, message, maker.rng.choice((None, roaming(maker))))
    yield
    maker.remember_epoch(sa)
    for _ in range(maker.rng.randrange(8)):
        what = maker.rng.randrange(5)
        if what == 0:
            maker.send(sa, maker.data(sa, maker.rng.randrange(4), epoch=old))
        elif what == 1:
            maker.send(sa, maker.data(sa, sa.highest + 1))
        elif what == 2:
            maker.send(sa, maker.data(sa, 0))
        elif what == 3:
            maker.send(sa, message, roaming(maker))
        else:
            mt(maker, sa)
        yield


def resume_counts(maker):
    sa = any_sa(maker)
    for _ in range(maker.rng.randrange(1, 8)):
        n = maker.rng.choice((0, sa.m - 2, sa.m - 1, sa.m, sa.m + 1, sa.m + AHEAD - 1,
                              sa.m + AHEAD, sa.m + AHEAD + 1, sa.m + 5000, RESUME_LIMIT - 1,
                              RESUME_LIMIT, RESUME_LIMIT + 1, (1 << 32) - 1))
        maker.send(sa, maker.resume(sa, max(0, n)))
        yield
        maker.remember_epoch(sa)
        if maker.chance(0.5):
            mt(maker, sa)
            yield


def resume_repeats(maker):
    """More than ten answers in a second, and around the second's end."""
    sa = any_sa(maker)
    message = maker.resumes.get(sa.key_id)
    if message is None or maker.chance(0.5):
        message = maker.resumes[sa.key_id] = maker.resume(sa, sa.m)
    for i in range(maker.rng.randrange(2, 30)):
        maker.send(sa, message, roaming(maker) if maker.chance(0.3) else None)
        yield
        if i > 8 and sa.repeat_start is not None and maker.chance(0.3):
            maker.now = max(maker.now, sa.repeat_start + SECOND
                            + maker.rng.choice((-1, 0, 1)) * maker.tick())
        if maker.chance(0.1):  # the same Count, but another message
            maker.send(sa, maker.resume(sa, sa.m - 1))
            yield


def odd_resumes(maker):
    sa = any_sa(maker)
    for _ in range(maker.rng.randrange(1, 6)):
        odd = maker.rng.choice((
            {"capabilities": maker.rng.randrange(256)}, {"epoch": sa.m + 1},
            {"suite": (maker.rng.randrange(4), maker.rng.randrange(4))}, {"tag": bytes(8)},
            {"flags": wire.FLAG_REKEY}, {"flags": wire.FLAG_END}, {"flags": wire.FLAG_T}))
        maker.send(sa, maker.resume(sa, sa.m, **odd))
        yield
        maker.remember_epoch(sa)


def old_epochs(maker):
    sa = any_sa(maker)
    for _ in range(maker.rng.randrange(1, 5)):
        epoch = maker.rng.choice(maker.roots[sa.key_id])
        number = maker.rng.choice((epoch[0], epoch[0], sa.epoch))
        maker.send(sa, maker.data(sa, sa.highest + 1, epoch=(number, epoch[1])))
        yield


# --- END and expiry ---------------------------------------------------------------------------

def end(maker):
    """END, late frames around it, a second END, downlink around the 30 s."""
    sa = any_sa(maker)
    maker.send(sa, maker.data(sa, sa.highest + maker.rng.choice((1, 10)), flags=wire.FLAG_END))
    yield
    for _ in range(maker.rng.randrange(8)):
        count = max(0, sa.highest + maker.rng.choice((-20, -5, -2, -1, 0, 1, 2, FORWARD)))
        flags = wire.FLAG_END if maker.chance(0.4) else 0
        epoch = maker.rng.choice(maker.roots[sa.key_id]) if maker.chance(0.2) else None
        maker.send(sa, maker.data(sa, count, flags=flags, epoch=epoch))
        yield
    ended_at = sa.ended_at
    if ended_at is not None and maker.chance(0.5):
        for step in (-1, 0, 1):
            maker.now = max(maker.now, ended_at + DOWNLINK_AFTER_END + step * maker.tick())
            mt(maker, sa)
            yield
    if maker.chance(0.5):
        maker.send(sa, maker.resume(sa, sa.m))
        yield
        maker.remember_epoch(sa)


def expiry(maker):
    waiting = [sa for sa in maker.device_associations()
               if sa.expires and 0 <= sa.expires - maker.now < 200 * SECOND]
    if not waiting:
        return
    sa = min(waiting, key=lambda one: one.expires)
    for step in (-1, 0, 1):
        maker.now = max(maker.now, sa.expires + step * maker.tick())
        frame = maker.rng.randrange(3)
        if frame == 0:
            maker.send(sa, maker.data(sa, sa.highest + 1))
        elif frame == 1:
            maker.send(sa, maker.resume(sa, sa.m))
        else:
            mt(maker, sa)
        yield


def time_passes(maker):
    maker.advance(maker.rng.choice((1, 999_999_999, SECOND, 3 * SECOND, 31 * SECOND)))
    return
    yield


# --- core side --------------------------------------------------------------------------------

def mt(maker, sa, **odd):
    """One MT frame for an SA: by its key id, or by its IMSI alone."""
    key_id = sa.key_id if maker.chance(0.4) else 0
    flags = wire.FLAG_HOLD if maker.chance(0.1) else 0
    payload = odd.get("payload")
    maker.send_core(wire.core_frame(odd.get("type", wire.MT), maker.rng.randrange(32), flags,
                                    odd.get("key_id", key_id), odd.get("imsi", sa.identity),
                                    maker.payload() if payload is None else payload))


def downlink(maker):
    sa = any_sa(maker)
    for _ in range(maker.rng.randrange(1, 12)):
        mt(maker, sa)
        yield
        if maker.chance(0.3):
            maker.send(sa, maker.data(sa, sa.highest + 1))
            yield
        if maker.chance(0.3):
            sa = any_sa(maker)


def shared_imsi(maker):
    """Frames by IMSI while its SAs are heard one after the other."""
    everyone = maker.device_associations()
    imsi = any_sa(maker).identity
    family = [sa for sa in everyone if sa.identity == imsi]
    for _ in range(maker.rng.randrange(2, 10)):
        mt(maker, family[0], key_id=0)
        yield
        sa = maker.rng.choice(family)
        message = maker.resume(sa, sa.m) if maker.chance(0.3) else maker.data(sa, sa.highest + 1)
        maker.send(sa, message)
        yield
        maker.remember_epoch(sa)


def odd_downlink(maker):
    """Refusals, malformed frames, wrong hints, everything up to the largest datagram."""
    sa = any_sa(maker)
    for _ in range(maker.rng.randrange(1, 6)):
        good = wire.core_frame(wire.MT, 5, 0, 0, sa.identity, maker.payload())
        what = maker.rng.randrange(6)
        if what == 0:
            mt(maker, sa, imsi=f"{maker.rng.randrange(10 ** 15):015d}")
        elif what == 1:
            hint = maker.rng.choice((any_sa(maker).key_id, maker.rng.getrandbits(32)))
            mt(maker, sa, key_id=hint)
        elif what == 2:
            size = maker.rng.choice((1358, 1359, 9000, 65400))
            mt(maker, sa, payload=bytes([7]) * size)
        elif what == 3:
            mt(maker, sa, type=maker.rng.choice((wire.MO, wire.MT_GROUP, wire.MT_REFUSED, 0, 9)))
        else:
            maker.send_core(frames.spoil_core(maker.rng, good))
        yield


def group_data(maker):
    groups = maker.group_associations()
    if not groups:
        return
    sa = maker.rng.choice(groups)
    for _ in range(maker.rng.randrange(1, 6)):
        what = maker.rng.randrange(6)
        frame = wire.core_frame(wire.MT_GROUP, maker.rng.randrange(32), 0, sa.key_id, bytes(8),
                                maker.payload() if what else bytes(1359))
        if what == 1:
            frame = frames.spoil_core(maker.rng, frame)
        elif what == 2:
            frame = wire.core_frame(wire.MT, 1, 0, sa.key_id, "001010000000001", b"no")
        if what == 3:
            maker.send(sa, maker.data(sa, 0))
        else:
            maker.send_core(frame)
        yield


# --- frames that are bad before any key ---------------------------------------------------------

def bad_packets(maker):
    for _ in range(maker.rng.randrange(1, 20)):
        side = maker.rng.choice(("access", "core"))
        src = maker.endpoint()
        payload = frames.runt(maker.rng)
        associations = maker.device_associations()
        if associations:
            sa = maker.rng.choice(associations)
            payload = maker.data(sa, sa.highest + 1) if side == "access" else \
                wire.core_frame(wire.MT, 1, 0, 0, sa.identity, maker.payload())
        maker.emit(side, maker.dresser.bad(src, maker.gateway_end(side, src), payload))
        yield


def runts(maker):
    for _ in range(maker.rng.randrange(1, 10)):
        src = maker.endpoint()
        frame = maker.dresser.frame(src, maker.gateway_end("access", src), frames.runt(maker.rng))
        maker.emit("access", capture.Packet(0, frame))
        yield


def odd_messages(maker):
    sa = any_sa(maker)
    for _ in range(maker.rng.randrange(1, 12)):
        good = maker.resume(sa, sa.m) if maker.chance(0.4) else maker.data(sa, sa.highest + 1)
        if maker.chance(0.1):
            message = frames.too_long_sdt(maker.rng, sa.key_id, sa.in_force,
                                          wire.FLAG_T if sa.tag_length == 8 else 0)
        else:
            message = frames.spoil_sdt(maker.rng, good)
            if maker.chance(0.3) and len(message) >= 12:
                message = frames.spoil_sdt(maker.rng, message)
        maker.send(sa, message)
        yield
        maker.remember_epoch(sa)


def strangers(maker):
    """Key ids that are none, or share their low bits with one that is."""
    sa = any_sa(maker)
    for _ in range(maker.rng.randrange(1, 5)):
        other = maker.rng.choice((0, sa.key_id ^ 1 << 31, sa.key_id ^ 1 << 24,
                                  maker.rng.getrandbits(32)))
        message = maker.data(sa, sa.highest + 1)
        maker.send(sa, message[:4] + other.to_bytes(4, "big") + message[8:])
        yield


ACTS = ((good_data, 12), (reordered_data, 8), (replay_distances, 5), (jumps, 4), (bad_tags, 4),
        (budget, 0.7), (roam, 4), (resume, 9), (resume_counts, 6), (resume_repeats, 3),
        (odd_resumes, 3), (old_epochs, 3), (end, 5), (expiry, 3), (time_passes, 1), (downlink, 8),
        (shared_imsi, 5), (odd_downlink, 5), (bad_packets, 7), (runts, 2), (odd_messages, 6),
        (strangers, 2))
