"""Brings prepared HTTP requests from a process of its own: `python -m benchmarks.knock HOST PORT AT_ONCE < REQUESTS`.

Requests come as one JSON list of texts; the answer is one JSON object with seconds, statuses and the slowest times.
"""

import asyncio
import json
import sys
import time
from collections import Counter


async def knock(host: str, port: int, at_once: int, requests: list[str]) -> dict[str, object]:
    """Bring all requests over so many connections that stay open."""
    waiting, times, statuses = iter(requests), [], Counter[str]()

    async def one() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        for request in waiting:
            started = time.perf_counter()
            writer.write(request.encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b": 0")
            await reader.readexactly(int(length.partition(b":")[2]))
            times.append(time.perf_counter() - started)
            statuses[head.split(b" ", 2)[1].decode()] += 1
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(at_once)))
    took = time.perf_counter() - started
    return {"seconds": took, "statuses": statuses, "slowest": max(times), "median": sorted(times)[len(times) // 2]}


if __name__ == "__main__":
    found = asyncio.run(knock(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.load(sys.stdin)))
    print(json.dumps(found))
