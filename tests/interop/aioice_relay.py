"""Two ICE agents in one process exchange data through their TURN allocations.

usage: aioice_relay.py aioice|aiortc|refresh HOST PORT udp|tcp USER PASSWORD
"""

import asyncio
import sys

import aioice
import aioice.ice
import aioice.turn

KIND, HOST, PORT, TRANSPORT, USER, PASSWORD = sys.argv[1:]

# The only candidates of the agents are their relayed addresses.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: []


async def with_aioice():
    """Packets of 1 to 1000 bytes, each way."""

    def agent(controlling):
        return aioice.Connection(
            ice_controlling=controlling,
            turn_server=(HOST, int(PORT)),
            turn_username=USER,
            turn_password=PASSWORD,
            turn_transport=TRANSPORT,
        )

    a, b = agent(True), agent(False)
    await asyncio.gather(a.gather_candidates(), b.gather_candidates())
    for one, other in ((a, b), (b, a)):
        for candidate in one.local_candidates:
            assert candidate.type == "relay", candidate
            await other.add_remote_candidate(candidate)
        await other.add_remote_candidate(None)
        other.remote_username = one.local_username
        other.remote_password = one.local_password
    await asyncio.gather(a.connect(), b.connect())
    total = 0
    for length in range(1, 1001, 37):
        payload = bytes([length % 256]) * length
        for one, other in ((a, b), (b, a)):
            await one.send(payload)
            assert await other.recv() == payload
            total += length
    await asyncio.gather(a.close(), b.close())
    return total


async def with_aiortc():
    """64 KiB each way over a data channel: ICE, DTLS and SCTP through the relays."""
    from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection

    url = f"turn:{HOST}:{PORT}?transport={TRANSPORT}"
    servers = [RTCIceServer(urls=url, username=USER, credential=PASSWORD)]
    a, b = (RTCPeerConnection(RTCConfiguration(iceServers=servers)) for _ in range(2))
    payload = bytes(range(256)) * 64
    received = {"a": 0, "b": 0}
    done = asyncio.Event()

    def count(agent, data):
        assert data == payload
        received[agent] += len(data)
        if received == {"a": 4 * len(payload), "b": 4 * len(payload)}:
            done.set()

    channel = a.createDataChannel("data")
    channel.on("message", lambda data: count("a", data))

    @channel.on("open")
    def on_open():
        for _ in range(4):
            channel.send(payload)

    @b.on("datachannel")
    def on_datachannel(other):
        other.on("message", lambda data: (count("b", data), other.send(data)))

    await a.setLocalDescription(await a.createOffer())
    await b.setRemoteDescription(a.localDescription)
    await b.setLocalDescription(await b.createAnswer())
    await a.setRemoteDescription(b.localDescription)
    await done.wait()
    await asyncio.gather(a.close(), b.close())
    return sum(received.values())


async def with_refreshes():
    """A client that refreshes its allocation and its channel often, and a peer that echoes."""

    class Peer(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport

        def datagram_received(self, data, address):
            self.transport.sendto(data, address)

    class Client(asyncio.DatagramProtocol):
        received = 0

        def datagram_received(self, data, address):
            self.received += len(data)

    loop = asyncio.get_running_loop()
    peer, _ = await loop.create_datagram_endpoint(Peer, local_addr=("127.0.0.1", 0))
    relay, client = await aioice.turn.create_turn_endpoint(
        Client,
        (HOST, int(PORT)),
        USER,
        PASSWORD,
        lifetime=3,
        channel_refresh_time=2,
        transport=TRANSPORT,
    )
    for _ in range(50):
        relay.sendto(b"x" * 100, peer.get_extra_info("sockname"))
        await asyncio.sleep(0.1)
    # The last packets may still be on their way.
    for _ in range(100):
        if client.received == 50 * 100:
            break
        await asyncio.sleep(0.1)
    relay.close()
    await asyncio.sleep(0.5)
    return client.received


async def main():
    run = {"aioice": with_aioice, "aiortc": with_aiortc, "refresh": with_refreshes}[KIND]
    total = await asyncio.wait_for(run(), 30)
    # The Refresh requests that delete both allocations are sent in the background.
    await asyncio.sleep(0.5)
    print("bytes", total)


asyncio.run(main())
