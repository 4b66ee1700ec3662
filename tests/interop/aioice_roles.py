"""Two ICE agents in one process that both believe to be controlling, on loopback.

usage: aioice_roles.py repair|insist

With `repair` an agent switches its role as RFC 8445 section 7.3.1.1 demands; with `insist` no agent does.
Prints each datagram when it arrives: milliseconds, sender, receiver, bytes in hexadecimal.
"""

import asyncio
import sys
import time

import aioice
import aioice.ice

KIND = sys.argv[1]
START = time.monotonic()
# Seconds that a datagram takes, so that an agent that repeats its check at once sends few of them.
DELAY = 0.02

aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
received = aioice.ice.StunProtocol.datagram_received


def delayed(self, data, sender):
    def arrive():
        if self.transport.is_closing():
            return
        receiver = self.transport.get_extra_info("sockname")
        millis = int((time.monotonic() - START) * 1000)
        print(millis, "%s:%d" % sender[:2], "%s:%d" % receiver[:2], data.hex(), flush=True)
        received(self, data, sender)

    asyncio.get_running_loop().call_later(DELAY, arrive)


aioice.ice.StunProtocol.datagram_received = delayed


async def main():
    agents = [aioice.Connection(ice_controlling=True) for _ in range(2)]
    if KIND == "insist":
        for agent in agents:
            agent.switch_role = lambda ice_controlling: None
    for agent in agents:
        await agent.gather_candidates()
    for one, other in (agents, reversed(agents)):
        for candidate in one.local_candidates:
            await other.add_remote_candidate(candidate)
        await other.add_remote_candidate(None)
        other.remote_username = one.local_username
        other.remote_password = one.local_password
    connecting = [asyncio.create_task(agent.connect()) for agent in agents]
    await asyncio.wait(connecting, timeout=3)
    # The sessions end here, whatever state they are in.
    sys.stdout.flush()


loop = asyncio.new_event_loop()
loop.run_until_complete(main())
