"""A link between two network namespaces that delays packets, for kernels without netem.

    link.py NAMESPACE DEVICE NAMESPACE DEVICE MICROSECONDS

Creates a tun device in each namespace, and forwards packets between them after the delay.
"""

import collections
import ctypes
import fcntl
import os
import struct
import sys
import threading
import time

TUNSETIFF = 0x400454CA
IFF_TUN_WITHOUT_HEADER = 0x0001 | 0x1000
CLONE_NEWNET = 0x40000000


def open_device(namespace: str, name: str) -> int:
    """Opens a tun device, which stays in its namespace when the process enters another."""
    with open(f"/run/netns/{namespace}") as handle:
        if ctypes.CDLL(None, use_errno=True).setns(handle.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"can't enter {namespace}")
    device = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), IFF_TUN_WITHOUT_HEADER))
    return device


def carry(source: int, target: int, delay: float) -> None:
    """Forwards packets in one direction, in order."""
    waiting: collections.deque[tuple[float, bytes]] = collections.deque()
    arrived = threading.Semaphore(0)

    def receive() -> None:
        while True:
            packet = os.read(source, 65536)
            waiting.append((time.monotonic() + delay, packet))
            arrived.release()

    def deliver() -> None:
        while True:
            arrived.acquire()
            due, packet = waiting.popleft()
            early = due - time.monotonic()
            if early > 0:
                time.sleep(early)
            try:
                os.write(target, packet)
            except OSError:
                # The other end is not up yet: the packet is lost.
                continue

    for work in (receive, deliver):
        threading.Thread(target=work, daemon=True).start()


def main() -> None:
    one_namespace, one_name, other_namespace, other_name, microseconds = sys.argv[1:]
    one = open_device(one_namespace, one_name)
    other = open_device(other_namespace, other_name)
    delay = int(microseconds) / 1_000_000
    carry(one, other, delay)
    carry(other, one, delay)
    threading.Event().wait()


main()
