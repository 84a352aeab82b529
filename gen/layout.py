"""The structures of src/cache.h for one profile, with the offsets and sizes that C gives them.

hak_classes.c asserts that the C structures agree.  A member that is added there does not compile
until it is added here.
"""

from ctypes import (
    Structure, c_bool, c_int, c_size_t, c_uint8, c_uint32, c_uint64, c_void_p, sizeof,
)

from gen.limits import HEADER_BINS, NEAR_SLOTS, OS_PAGE, WAITING_BLOCKS
from gen.model import Model

POINTER = sizeof(c_void_p)


class Bin(Structure):
    """struct hak_bin"""

    _fields_ = [("head", c_void_p), ("room", c_uint32), ("limit", c_uint32)]


class Chain(Structure):
    """struct hak_chain"""

    _fields_ = [("head", c_void_p), ("n", c_uint32)]


class Counts(Structure):
    """struct hak_counts"""

    _fields_ = [("allocs", c_uint64), ("frees", c_uint64), ("requested", c_uint64)]


def cache_struct(model: Model) -> type[Structure]:
    """struct hak_cache of the profile as a ctypes structure: sizeof() of it is in bytes, and
    `.slots.offset` is the offset of the member `slots`."""
    of_classes = model.nclasses + 1
    waiting = WAITING_BLOCKS if model.keys["guard"]["checks"] else 1

    class Waiting(Structure):
        _fields_ = [
            ("first", c_uint32),
            ("n", c_uint32),
            ("bytes", c_size_t),
            ("of_class", c_uint32 * of_classes),
            ("blocks", c_void_p * waiting),
        ]

    class Cache(Structure):
        _fields_ = [
            ("bins", Bin * (HEADER_BINS if model.lookup == "header" else of_classes)),
            ("spare", Chain * (model.list_classes + 1)),
            ("outbox", c_uint8 * of_classes),
            ("granted", c_size_t),
            ("hand", c_uint32),
            ("used", c_bool * of_classes),
            ("next", c_void_p),
            ("next_free", c_void_p),
            ("owner", c_int),
            ("refills", c_uint64),
            ("flushes", c_uint64),
            ("near_slots", c_void_p * NEAR_SLOTS * (model.nclasses - model.list_classes + 1)),
            ("slots", c_void_p * (model.array_slots + 1)),
            ("counts", Counts * of_classes),
            ("waiting", Waiting),
        ]

    return Cache


def cache_bytes(model: Model) -> int:
    """Bytes that are mapped for a thread's cache: struct hak_cache, rounded up to pages."""
    return -(-sizeof(cache_struct(model)) // OS_PAGE) * OS_PAGE


def central_bytes(model: Model) -> int:
    """Bytes of the arrays with which central finds the blocks that it parks."""
    return POINTER * model.transfer_slots + sizeof(Chain) * model.transfer_chains
