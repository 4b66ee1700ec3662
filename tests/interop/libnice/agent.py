#!/usr/bin/env python3
"""libnice in its Office Communicator 2007 R2 mode, on loopback only, for libnice.rs.

    agent.py RELAY-PORT RELAY-TYPE PEER-PORT

The relay type is libnice's: 0 for UDP, 2 for pseudo-TLS over TCP. Prints the local credentials and
candidates, takes the peer at PEER-PORT for its remote side, and says when a pair is ready; then
sends a datagram and goes on until its standard input ends.
"""

import base64
import select
import sys
import time

from library import OC2007R2, READY, Received, glib, nice, set_property


def say(*words):
    print(*words, flush=True)


@Received
def received(agent, stream, component, length, data, user):
    say("received", data[:length].hex())


relay_port, relay_type, peer_port = (int(word) for word in sys.argv[1:])
context = glib.g_main_context_new()
agent = nice.nice_agent_new(context, OC2007R2)
# This agent nominates, so that the peer need not.
set_property(agent, b"controlling-mode", True)
if relay_type != 0:
    # With a UDP candidate and a relay over TCP, libnice sends frames without a length:
    # udp-turn-over-tcp.c expects the length prefix of RFC 4571, which only TCP candidates have.
    set_property(agent, b"ice-udp", False)
loopback = nice.nice_address_new()
nice.nice_address_set_from_string(loopback, b"127.0.0.1")
nice.nice_agent_add_local_address(agent, loopback)
stream = nice.nice_agent_add_stream(agent, 1)
nice.nice_agent_set_stream_name(agent, stream, b"audio")
user, password = (base64.b64encode(text) for text in (b"\x01us:er", b"\x80 pass"))
nice.nice_agent_set_relay_info(
    agent, stream, 1, b"127.0.0.1", relay_port, user, password, relay_type)
nice.nice_agent_attach_recv(agent, stream, 1, context, received, None)
if not nice.nice_agent_gather_candidates(agent, stream):
    sys.exit("no candidates")


def run(until, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        while glib.g_main_context_iteration(context, 0):
            pass
        if until():
            return True
        time.sleep(0.002)
    return False


def sdp():
    return nice.nice_agent_generate_local_sdp(agent).decode()


def closed():
    return bool(select.select([sys.stdin], [], [], 0)[0])


run(lambda: "typ relay" in sdp(), 8)
for line in sdp().splitlines():
    say("sdp", line)
candidate = f"127.0.0.1 {peer_port} typ host"
remote = f"""m=audio {peer_port} ICE/SDP
c=IN IP4 127.0.0.1
a=ice-ufrag:peer
a=ice-pwd:the password of the peer
a=candidate:1 1 UDP 2130706431 {candidate}
a=candidate:2 1 TCP 1015021823 {candidate} tcptype passive
a=candidate:3 1 TCP 1015021567 {candidate} tcptype active
"""
say("remote", nice.nice_agent_parse_remote_sdp(agent, remote.encode()))
if run(lambda: nice.nice_agent_get_component_state(agent, stream, 1) == READY or closed(), 15):
    say("ready")
    nice.nice_agent_send(agent, stream, 1, 5, b"hello")
run(closed, 15)
