"""Brings prepared HTTP requests from a process of its own: `python -m benchmarks.knock HOST PORT AT_ONCE [A_SECOND]`.

Without A_SECOND they come as fast as they are answered.
Requests are one JSON list of texts on stdin; the answer is one object with seconds, statuses and the slowest times.
"""

import asyncio
import json
import sys
import time
from collections import Counter


async def knock(host: str, port: int, at_once: int, requests: list[str], a_second: float = 0.0) -> dict[str, object]:
    """Bring all requests over so many connections that stay open."""
    waiting, times, statuses = iter(enumerate(requests)), list[float](), Counter[str]()

    async def one() -> None:
        reader, writer = await asyncio.open_connection(host, port)
        for place, request in waiting:
            if a_second:
                await asyncio.sleep(max(0.0, began + place / a_second - time.perf_counter()))
            started = time.perf_counter()
            writer.write(request.encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b": 0")
            await reader.readexactly(int(length.partition(b":")[2]))
            times.append(time.perf_counter() - started)
            statuses[head.split(b" ", 2)[1].decode()] += 1
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(at_once)))
    took = time.perf_counter() - began
    return {"seconds": took, "statuses": statuses, "slowest": max(times), "median": sorted(times)[len(times) // 2]}


if __name__ == "__main__":
    pace = [float(one) for one in sys.argv[4:]]
    found = asyncio.run(knock(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), json.load(sys.stdin), *pace))
    print(json.dumps(found))
