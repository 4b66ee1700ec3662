#!/usr/bin/env python3
"""Records the captures of this folder: Chromium and libnice with one fault each, on the loopback interface.

    unshare -n python3 record.py FOLDER [NAME]...

Run it as root in a network namespace of its own, as above, so that nothing else is captured. Needs Debian's
chromium, coturn, libnice10, python3-aioice, wireshark-common (dumpcap) and iproute2.

The addresses of the documentation networks (RFC 5737) are those of the loopback interface. The TURN server is coturn;
the user is "alice" with the password "secret" in realm "example.org". README.md says what each capture shows.
"""

import gzip
import http.server
import json
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
INTEROP = HERE.parents[3] / "tests/interop"
sys.path.append(str(INTEROP / "libnice"))
from library import READY, RFC5245, Received, glib, nice, set_property

USER, PASSWORD, REALM = "alice", "secret", "example.org"
CLIENT, PEER, SERVER = "192.0.2.10", "198.51.100.20", "203.0.113.1"
SERVER_PORT = 3478
CAPTURES = {}


def capture(function):
    CAPTURES[function.__name__.replace("_", "-")] = function
    return function


class Recorder:
    """dumpcap with a capture filter."""

    def __init__(self, path, expression="udp"):
        self.path = path
        command = ["dumpcap", "-q", "-i", "lo", "-P", "-f", expression]
        self.process = subprocess.Popen(
            command + ["-w", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while not pathlib.Path(path).exists() and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        time.sleep(0.5)
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


class Coturn:
    def __init__(self, *options):
        self.process = subprocess.Popen(
            ["turnserver", "-n", "--no-cli", "--no-tls", "--no-dtls", "--lt-cred-mech",
             f"--listening-ip={SERVER}", f"--relay-ip={SERVER}", "--log-file=stdout",
             "--pidfile=", f"--listening-port={SERVER_PORT}", f"--realm={REALM}",
             f"--user={USER}:{PASSWORD}", *options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1.5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()


class Path:
    """A path between two agents that loses all packets from the first to the second.

    The first agent sees the second at `of_second`, and the second sees the first at `of_first`."""

    def __init__(self):
        self.first, self.second = (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self.first.bind((PEER, 0))
        self.second.bind((PEER, 0))
        self.of_first = self.first.getsockname()[1]
        self.of_second = self.second.getsockname()[1]
        self.target = None
        threading.Thread(target=self.forward, daemon=True).start()
        threading.Thread(target=self.lose, daemon=True).start()

    def forward(self):
        while True:
            packet, _ = self.first.recvfrom(2048)
            if self.target:
                self.second.sendto(packet, self.target)

    def lose(self):
        while True:
            self.second.recvfrom(2048)


class Page:
    """Serves page.html to a browser, and waits for the result that it posts."""

    def __init__(self, **query):
        self.done = threading.Event()
        self.on_port = self.on_start = lambda *_: None
        page = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                is_page = self.path.startswith("/?")
                self.send_response(200 if is_page else 404)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                if is_page:
                    page.on_start()
                    self.wfile.write((HERE / "page.html").read_bytes())

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.path == "/port":
                    page.on_port(int(body))
                else:
                    print("page:", json.loads(body), flush=True)
                    page.done.set()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = (f"http://127.0.0.1:{self.server.server_address[1]}/?"
                    + urllib.parse.urlencode(query))

    def run(self, after=None, limit=90):
        with tempfile.TemporaryDirectory() as profile:
            browser = subprocess.Popen(
                ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic",
                 "--disable-dev-shm-usage", "--no-first-run", "--no-proxy-server",
                 "--disable-background-networking", "--disable-component-update", "--disable-sync",
                 "--allow-loopback-in-peer-connection",
                 # With access to a microphone, a page gets all host candidates.
                 "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
                 "--disable-features=WebRtcHideLocalIpsWithMdns",
                 "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                 f"--user-data-dir={profile}", self.url],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                if not self.done.wait(limit):
                    sys.exit("the page did not report")
            finally:
                browser.kill()
                browser.wait()
                time.sleep(0.5)


class Agent:
    def __init__(self, address, controlling, relay_password=None):
        self.context = glib.g_main_context_new()
        self.agent = nice.nice_agent_new(self.context, RFC5245)
        for name, value in [(b"ice-tcp", 0), (b"upnp", 0), (b"force-relay", relay_password is not None)]:
            set_property(self.agent, name, value)
        set_property(self.agent, b"controlling-mode", controlling)
        own = nice.nice_address_new()
        nice.nice_address_set_from_string(own, address.encode())
        nice.nice_agent_add_local_address(self.agent, own)
        self.stream = nice.nice_agent_add_stream(self.agent, 1)
        nice.nice_agent_set_stream_name(self.agent, self.stream, b"audio")
        if relay_password is not None:
            nice.nice_agent_set_relay_info(
                self.agent, self.stream, 1, SERVER.encode(), SERVER_PORT, USER.encode(),
                relay_password.encode(), 0)
        self.callback = Received(lambda *_: None)
        nice.nice_agent_attach_recv(self.agent, self.stream, 1, self.context, self.callback, None)
        nice.nice_agent_gather_candidates(self.agent, self.stream)

    def sdp(self):
        return nice.nice_agent_generate_local_sdp(self.agent).decode()

    def port(self):
        line = next(line for line in self.sdp().splitlines() if line.startswith("a=candidate"))
        return int(line.split(" ")[5])

    def take(self, sdp):
        nice.nice_agent_parse_remote_sdp(self.agent, sdp.encode())

    def state(self):
        return nice.nice_agent_get_component_state(self.agent, self.stream, 1)

    def send(self, packet):
        nice.nice_agent_send(self.agent, self.stream, 1, len(packet), packet)


def run(agents, seconds, until=lambda: False):
    end = time.monotonic() + seconds
    while time.monotonic() < end and not until():
        for agent in agents:
            while glib.g_main_context_iteration(agent.context, 0):
                pass
        time.sleep(0.002)


def rtp(number):
    return (bytes([0x80, 0x60]) + number.to_bytes(2, "big")
            + (160 * number).to_bytes(4, "big") + b"\0\0\0\1" + b"\xd5" * 20)


@capture
def chromium_wrong_password(path):
    with Coturn(), Recorder(path):
        Page(relay="guess", seconds=3).run()


@capture
def chromium_forbidden_peer(path):
    with Coturn(f"--denied-peer-ip={SERVER}"), Recorder(path):
        Page(relay=PASSWORD, seconds=4).run()


@capture
def chromium_lost_allocation(path):
    """The server is restarted, and then the page gets one more candidate of the peer."""
    servers = [Coturn()]

    def restart():
        servers.pop().__exit__()
        servers.append(Coturn())

    with Recorder(path, f"udp port {SERVER_PORT}"):
        page = Page(relay=PASSWORD, late=PEER, seconds=9)
        page.on_start = lambda: threading.Timer(2, restart).start()
        page.run()
    servers.pop().__exit__()


@capture
def chromium_blocked_direction(path):
    losing = Path()
    page = Page(first=losing.of_first, second=losing.of_second, peer=PEER, seconds=5)
    page.on_port = lambda port: setattr(losing, "target", ("127.0.0.1", port))
    with Recorder(path, f"udp port {losing.of_second}"):
        page.run()


@capture
def chromium_role_conflict(path):
    """The answering side takes the offering side for a lite agent, so both are controlling at first."""
    with Recorder(path):
        Page(lite="", seconds=3).run()


@capture
def libnice_wrong_password(path):
    with Coturn(), Recorder(path):
        run([Agent(CLIENT, True, "guess")], 3)


@capture
def libnice_wrong_ice_password(path):
    one, other = Agent(CLIENT, True), Agent(PEER, False)
    run([one, other], 1)

    def wrong(sdp):
        lines = sdp.splitlines()
        at = next(at for at, line in enumerate(lines) if line.startswith("a=ice-pwd"))
        lines[at] = "a=ice-pwd:the password of another call"
        return "\n".join(lines) + "\n"

    with Recorder(path):
        one_sdp, other_sdp = one.sdp(), other.sdp()
        one.take(wrong(other_sdp))
        other.take(wrong(one_sdp))
        run([one, other], 5)


@capture
def libnice_blocked_direction(path):
    losing = Path()
    one, other = Agent(CLIENT, True), Agent(PEER, False)
    run([one, other], 1)
    losing.target = (CLIENT, one.port())
    with Recorder(path, f"udp port {losing.of_second}"):
        one_sdp, other_sdp = one.sdp(), other.sdp()
        one.take(other_sdp.replace(f" {other.port()} ", f" {losing.of_second} "))
        other.take(one_sdp.replace(f" {CLIENT} {one.port()} ", f" {PEER} {losing.of_first} "))
        run([one, other], 5)


@capture
def libnice_forbidden_peer(path):
    with Coturn(f"--denied-peer-ip={PEER}"), Recorder(path):
        one, other = Agent(CLIENT, True, PASSWORD), Agent(PEER, False)
        run([one, other], 3)
        one.take(other.sdp())
        other.take(one.sdp())
        run([one, other], 6)


@capture
def libnice_expired_allocation(path):
    """After the pair is ready, the application sends but no longer runs the main loop, which sends Refresh."""
    with Coturn("--max-allocate-lifetime=5"), Recorder(path):
        one, other = Agent(CLIENT, True, PASSWORD), Agent(PEER, False)
        run([one, other], 2)
        one.take(other.sdp())
        other.take(one.sdp())
        run([one, other], 5, lambda: one.state() == other.state() == READY)
        for number in range(80):
            one.send(rtp(number))
            if number < 20:
                other.send(rtp(number))
            run([other], 0.2)


@capture
def libnice_role_conflict(path):
    """Both agents are controlling at first."""
    one, other = Agent(CLIENT, True), Agent(PEER, True)
    run([one, other], 1)
    with Recorder(path):
        one_sdp, other_sdp = one.sdp(), other.sdp()
        one.take(other_sdp)
        other.take(one_sdp)
        run([one, other], 3)


@capture
def aioice_role_conflict(path):
    """Both agents are controlling, and do not switch their roles."""
    with Recorder(path):
        command = ["/usr/bin/python3", INTEROP / "aioice_roles.py", "insist"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def ip(*words):
    subprocess.run(["ip", *words], check=True)


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    ip("link", "set", "lo", "up")
    # The system sends packets between its own addresses over the loopback interface, whichever has them.
    ip("tuntap", "add", "tap0", "mode", "tap")
    ip("link", "set", "tap0", "up")
    for address in CLIENT, PEER, SERVER:
        ip("address", "add", f"{address}/32", "dev", "tap0")
    # Else a browser would use the server's address itself.
    ip("route", "replace", "table", "local", "local", SERVER, "dev", "tap0", "scope", "host",
       "src", CLIENT)
    for name in sys.argv[2:] or CAPTURES:
        path = folder / f"{name}.pcap"
        path.unlink(missing_ok=True)
        CAPTURES[name](str(path))
        compressed = gzip.compress(path.read_bytes(), mtime=0)
        path.with_suffix(".pcap.gz").write_bytes(compressed)
        path.unlink()
        print(f"{name}: {len(compressed)} bytes", flush=True)


if __name__ == "__main__":
    main()
