#!/usr/bin/env python3
"""The key scheme a second time, written from docs/keys.md with hmac, hashlib and AES-SIV alone.

Recomputes every vector of that page, asks the C code for the same, and compares
the two on random rows. The seed of those is printed; KEYS_SEED repeats it.
"""
import hashlib
import hmac
import os
import random
import re
import subprocess
import sys

from cryptography.hazmat.primitives.ciphers.aead import AESSIV

TOOL = "build/fault/test/tests/tool/handle_tool"
PAGE = "docs/keys.md"
KINDS = {"CIK": 1, "token": 2, "share": 3, "RID": 4, "grant": 5}
RANDOM_ROWS = 2000
ZERO = bytes(12)

n_run = n_failed = 0


def ok(is_good, name):
    global n_run, n_failed
    n_run += 1
    n_failed += not is_good
    print(f"{'ok' if is_good else 'not ok'} {n_run} - {name}", flush=True)


def is_(got, want, name):
    ok(got == want, name)
    if got != want:
        print(f"#      got {got}\n# expected {want}", flush=True)


# ---- the scheme ----


def mac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def hkdf(salt, key, info):
    """RFC 5869; 32 bytes are one block."""
    return mac(mac(salt, key), info + b"\x01")


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


class Keys:
    def __init__(self, store_id, locator, rotating):
        derive = lambda key, label: hkdf(store_id, key, b"muster1 " + label)
        self.loc, self.rid = derive(locator, b"loc"), derive(locator, b"rid")
        self.fleet, self.fleet_file = derive(locator, b"fleet"), derive(locator, b"fleet file")
        self.tag = {kid: derive(key, b"tag") for kid, key in rotating.items()}
        self.seal = {kid: derive(key, b"seal") for kid, key in rotating.items()}
        self.check = {kid: derive(key, b"check") for kid, key in rotating.items()}

    def check_value(self, kid):
        return mac(self.check[kid], b"muster1 kcv")[:8]

    def tag_of(self, kind, n, kid, epoch, salt, delta=ZERO):
        if kind == KINDS["RID"]:
            return mac(self.rid, b"\x04" + n.to_bytes(8, "big"))[:12]
        message = (bytes([kind]) + n.to_bytes(8, "big") + epoch.to_bytes(4, "big")
                   + salt.to_bytes(8, "big"))
        return xor(mac(self.tag[kid], message)[:12], delta)

    @staticmethod
    def iv_of(tag):
        return hashlib.sha256(b"muster1 iv" + tag).digest()[:8]

    def masked(self, kind, tag, n):
        return xor(n.to_bytes(8, "big"), mac(self.loc, bytes([kind]) + self.iv_of(tag))[:8])

    def handle(self, kind, n, kid, epoch, salt, delta=ZERO):
        tag = self.tag_of(kind, n, kid, epoch, salt, delta)
        return (tag + self.masked(kind, tag, n)).hex()


    def foreign_locator(self, cik):
        return (self.iv_of(bytes.fromhex(cik[:24])) + bytes.fromhex(cik[24:])).hex()

    def seal_cik(self, kid, n, cik):
        parts = [b"muster1 cik", n.to_bytes(8, "big")]
        return AESSIV(self.seal[kid]).encrypt(bytes.fromhex(cik), parts).hex()


# ---- the vectors ----

STORE_ID = bytes(range(160, 176))
LOCATOR = bytes(range(32))
ROTATING = {1: bytes(range(32, 64)), 2: bytes(range(64, 96))}
N, EPOCH, SALT = 0xC0FFEE0000000007, 3, 0x0123456789ABCDEF
KEPT_SALT = 0xFEDCBA9876543210
FOREIGN = "a32c85ba9dda45823be416246cf8b433baa068d7"
LARGEST = (2**64 - 1, 1, 2**32 - 1, 2**64 - 1)


def vectors(keys):
    v = {"store_id": STORE_ID.hex(), "locator": LOCATOR.hex(), "loc": keys.loc.hex(),
         "rid": keys.rid.hex(), "fleet": keys.fleet.hex(), "fleet file": keys.fleet_file.hex()}
    for kid, key in ROTATING.items():
        v[f"key {kid}"] = key.hex()
        v[f"tag {kid}"] = keys.tag[kid].hex()
        v[f"seal {kid}"] = keys.seal[kid].hex()
        v[f"check {kid}"] = keys.check[kid].hex()
        v[f"check value {kid}"] = keys.check_value(kid).hex()
    for name, kind in KINDS.items():
        v[name] = keys.handle(kind, N, 1, EPOCH, SALT)
    tag = keys.tag_of(KINDS["CIK"], N, 1, EPOCH, SALT)
    v["CIK T"], v["CIK IV"] = tag.hex(), keys.iv_of(tag).hex()
    v["CIK C"] = keys.masked(KINDS["CIK"], tag, N).hex()
    v["RID T"], v["RID C"] = v["RID"][:24], v["RID"][24:]
    new_tag = keys.tag_of(KINDS["CIK"], N, 2, EPOCH, KEPT_SALT)
    v["CIK of kid 2"] = keys.handle(KINDS["CIK"], N, 2, EPOCH, KEPT_SALT)
    v["delta"] = xor(tag, new_tag).hex()
    v["CIK with delta"] = keys.handle(KINDS["CIK"], N, 2, EPOCH, KEPT_SALT, xor(tag, new_tag))
    v["foreign CIK"], v["locator of it"] = FOREIGN, keys.foreign_locator(FOREIGN)
    for kid in ROTATING:
        v[f"sealed under {kid}"] = keys.seal_cik(kid, N, FOREIGN)
    for name in "CIK", "RID":
        v[f"smallest {name}"] = keys.handle(KINDS[name], 0, 1, 0, 0)
        v[f"largest {name}"] = keys.handle(KINDS[name], *LARGEST)
    return v


def page_vectors():
    with open(PAGE, encoding="utf-8") as page:
        return {name.strip(): value
                for name, value in re.findall(r"^([a-zA-Z][\w ]*?) *= ([0-9a-f]+)$", page.read(),
                                              re.MULTILINE)}


# ---- the C code ----


class Tool:
    def __init__(self):
        self.process = subprocess.Popen([TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1)

    def ask(self, *words):
        self.process.stdin.write(" ".join(str(word) for word in words) + "\n")
        return self.process.stdout.readline().rstrip("\n")

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def c_vectors(tool):
    cik, rid = KINDS["CIK"], KINDS["RID"]
    v = {}
    for kid in ROTATING:
        v[f"seal {kid}"] = tool.ask("seal", kid)
        v[f"check value {kid}"] = tool.ask("check", kid)
    for name, kind in KINDS.items():
        v[name] = tool.ask("make", kind, N, 1, EPOCH, SALT, "-")
    v["CIK T"], v["CIK C"] = v["CIK"][:24], v["CIK"][24:]
    v["RID T"], v["RID C"] = v["RID"][:24], v["RID"][24:]
    v["CIK of kid 2"] = tool.ask("make", cik, N, 2, EPOCH, KEPT_SALT, "-")
    delta = xor(bytes.fromhex(v["CIK T"]), bytes.fromhex(v["CIK of kid 2"][:24])).hex()
    v["delta"] = delta
    v["CIK with delta"] = tool.ask("make", cik, N, 2, EPOCH, KEPT_SALT, delta)
    v["locator of it"] = tool.ask("foreign", FOREIGN)
    for kid in ROTATING:
        v[f"sealed under {kid}"] = tool.ask("sealcik", kid, N, FOREIGN)
    v["smallest CIK"] = tool.ask("make", cik, 0, 1, 0, 0, "-")
    v["smallest RID"] = tool.ask("make", rid, 0, 1, 0, 0, "-")
    v["largest CIK"] = tool.ask("make", cik, *LARGEST, "-")
    v["largest RID"] = tool.ask("make", rid, *LARGEST, "-")
    return v


def random_rows(tool, keys):
    """Made alike, located at N, verified, and refused with one digit changed."""
    seed = int(os.environ.get("KEYS_SEED", random.SystemRandom().randrange(2**32)))
    print(f"# KEYS_SEED={seed}")
    chance = random.Random(seed)
    n_same = 0
    for _ in range(RANDOM_ROWS):
        kind, kid = chance.randint(1, 5), chance.randint(1, 2)
        n, epoch, salt = (chance.getrandbits(bits) for bits in (64, 32, 64))
        delta = chance.choice([None, chance.getrandbits(96).to_bytes(12, "big")])
        row = kind, n, kid, epoch, salt, delta.hex() if delta else "-"
        want = keys.handle(kind, n, kid, epoch, salt, delta or ZERO)
        at = chance.randrange(40)
        forged = want[:at] + format(int(want[at], 16) ^ chance.randint(1, 15), "x") + want[at + 1:]
        got = (tool.ask("make", *row), tool.ask("locate", kind, want),
               tool.ask("verify", *row, want), tool.ask("verify", *row, forged))
        n_same += got == (want, str(n), "yes", "no")
        if got != (want, str(n), "yes", "no"):
            print(f"# {row}: {got}, wanted {want}")
    is_(n_same, RANDOM_ROWS, f"{RANDOM_ROWS} random rows have the same handles in both")


def main():
    keys = Keys(STORE_ID, LOCATOR, ROTATING)
    mine = vectors(keys)
    if "--print" in sys.argv:
        for name, value in mine.items():
            print(f"{name:15} = {value}")
        return 0
    page = page_vectors()
    is_(sorted(page), sorted(mine), f"{PAGE} has every vector and no other")
    for name, value in mine.items():
        is_(page.get(name), value, f"the page is right about: {name}")

    tool = Tool()
    is_(tool.ask("store", STORE_ID.hex()), "ok", "the tool takes the store id")
    is_(tool.ask("locator", LOCATOR.hex()), "ok", "the tool takes the locator key")
    for kid, key in ROTATING.items():
        is_(tool.ask("key", kid, key.hex()), "ok", f"the tool takes key {kid}")
    for name, value in c_vectors(tool).items():
        is_(value, mine[name], f"the C code has the same: {name}")
    is_(tool.ask("make", 1, N, 3, EPOCH, SALT, "-")[:5], "error", "an unknown kid is an error")
    is_(tool.ask("locate", 1, mine["CIK"].upper())[:5], "error", "upper case is no handle")
    sealed = mine["sealed under 1"]
    is_(tool.ask("opencik", 1, N, sealed), FOREIGN, "what was sealed is opened")
    is_(tool.ask("opencik", 2, N, sealed)[:5], "error", "not with another key")
    is_(tool.ask("opencik", 1, N + 1, sealed)[:5], "error", "nor for another row")
    random_rows(tool, keys)
    is_(tool.close(), 0, "the tool ends cleanly")
    print(f"1..{n_run}")
    return 1 if n_failed else 0


sys.exit(main())
