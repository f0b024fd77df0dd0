"""network.mode none, loopback and host, with listeners on the host that must see nothing."""
import os
import socket

import pytest

import host

CANARY = b"canary"


@pytest.fixture
def listeners(caisson):
    """TCP, UDP, abstract and path listeners of the host."""
    tcp = socket.create_server(("127.0.0.1", 0))
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    abstract, path = (socket.socket(socket.AF_UNIX) for _ in range(2))
    names = {"abstract": f"caisson-canary-{os.getpid()}", "path": f"/tmp/caisson-canary-{os.getpid()}.sock"}
    abstract.bind("\0" + names["abstract"])
    path.bind(names["path"])
    os.chmod(names["path"], 0o777)
    for server in (abstract, path):
        server.listen()
    for server in (tcp, udp, abstract, path):
        server.settimeout(0.2)
    yield Listeners(tcp, udp, abstract, path, names)
    for server in (tcp, udp, abstract, path):
        server.close()
    os.unlink(names["path"])


class Listeners:
    def __init__(self, tcp, udp, abstract, path, names):
        self.tcp, self.udp, self.abstract, self.path = tcp, udp, abstract, path
        self.attempts = {
            "tcp": ["127.0.0.1", str(tcp.getsockname()[1])], "udp": ["127.0.0.1", str(udp.getsockname()[1])],
            "abstract": [names["abstract"]], "path": [names["path"]],
        }

    def heard(self, way):
        server = getattr(self, way)
        try:
            if way == "udp":
                return server.recv(100)
            with server.accept()[0] as client:
                client.settimeout(0.5)
                return client.recv(100)
        except (socket.timeout, BlockingIOError):
            return b""


@pytest.mark.parametrize("way", ["tcp", "udp", "abstract", "path"])
@pytest.mark.control("network.mode", "signals and abstract sockets")
def test_the_attempt_succeeds_outside(caisson, listeners, way):
    assert caisson.outside(way, *listeners.attempts[way]).results[way] == "ok"
    assert listeners.heard(way) == CANARY


@pytest.mark.parametrize("mode", ["none", "loopback"])
@pytest.mark.parametrize("way", ["tcp", "udp", "abstract", "path"])
@pytest.mark.clause("network.mode", "signals and abstract sockets")
@pytest.mark.claim("S-17")
def test_a_listener_of_the_host_hears_nothing(caisson, listeners, way, mode):
    """H1 to H3, H12."""
    policy = caisson.policy(f"network-{mode}", network=f'mode = "{mode}"')
    ended = caisson.run("probe", way, *listeners.attempts[way], policy=policy)
    assert listeners.heard(way) == b"", ended.text
    if (way, mode) != ("udp", "loopback"):
        assert ended.results[way] != "ok", "the sandbox's own loopback takes a datagram for nobody"


def test_without_a_network_there_is_no_interface_up(caisson, policy):
    task = caisson.detach("probe", "pause", policy=policy).says("ready")
    lines = host.read(f"/proc/{task.pid}/net/dev").decode().splitlines()[2:]
    assert [line.split(":")[0].strip() for line in lines] == ["lo"]
    assert host.read(f"/proc/{task.pid}/net/if_inet6") == b"", "not even lo is up"
    assert host.read(f"/proc/{task.pid}/net/fib_trie").count(b"/32 host LOCAL") == 0


@pytest.mark.clause("network.mode")
@pytest.mark.claim("S-17")
def test_without_a_network_only_unix_sockets_can_be_made(caisson, policy):
    """H1, E9."""
    outside = caisson.outside("families").results
    assert outside["inet-tcp"] == outside["netlink-route"] == "ok"
    results = caisson.run("probe", "families", policy=policy).results
    assert results.pop("unix") == "ok"
    assert set(results.values()) == {"EAFNOSUPPORT"}, results


def test_with_loopback_the_task_reaches_itself_alone(caisson):
    policy = caisson.policy("loopback", network='mode = "loopback"')
    assert caisson.run("probe", "echo", policy=policy).results["echo"] == "ok"
    results = caisson.run("probe", "families", policy=policy).results
    assert results["inet-tcp"] == results["inet-udp"] == results["unix"] == "ok"
    for name in ("inet-raw", "packet", "vsock", "alg", "alg-high-bits", "key", "inet-sctp", "inet-mptcp", "netlink-netfilter", "xdp", "tipc", "bluetooth"):
        assert results[name] != "ok", name


@pytest.mark.control("network.mode")
def test_with_the_host_s_network_the_listener_hears(caisson, listeners):
    policy = hosted(caisson)
    for way in ("tcp", "udp"):
        assert caisson.run("probe", way, *listeners.attempts[way], policy=policy).results[way] == "ok"
        assert listeners.heard(way) == CANARY
    results = caisson.run("probe", "families", policy=policy).results
    for name in ("inet-raw", "packet", "vsock", "alg", "key", "inet-sctp", "inet-mptcp", "netlink-netfilter"):
        assert results[name] != "ok", name


@pytest.mark.parametrize("way", ["abstract", "path"])
@pytest.mark.clause("signals and abstract sockets")
def test_with_the_host_s_network_its_unix_sockets_stay_out_of_reach(caisson, listeners, way):
    """H3: abstract names belong to the network namespace; Landlock scopes them from ABI 6 on."""
    policy = hosted(caisson)
    ended = caisson.run("probe", way, *listeners.attempts[way], policy=policy)
    assert listeners.heard(way) == b"" and ended.results[way] != "ok"


@pytest.mark.clause("signals and abstract sockets")
def test_with_the_host_s_network_signals_stay_inside(caisson):
    policy = caisson.policy("hosted-sh", commands=caisson.allow("sh"), network='mode = "host"', relax=RELAX)
    control = os.getpid()
    ended = caisson.run("sh", "-c", f"kill -0 {control}", policy=policy)
    assert ended.code != 0


RELAX = {
    "network.mode": "a test of it", "files.root_workspace": "root", "require.degrade.cgroup": "x", "require.degrade.groups": "x",
}


def hosted(caisson, **more):
    made = caisson.policy("hosted", network='mode = "host"' + more.pop("network", ""), relax=RELAX, **more)
    return made


@pytest.mark.clause("network.ports")
@pytest.mark.control("network.ports")
def test_ports_of_the_host_s_network(caisson, listeners):
    """H9."""
    port = listeners.attempts["tcp"][1]
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0.2)
        policy = hosted(caisson, network=f"\nports = [{port}]")
        assert caisson.run("probe", "tcp", "127.0.0.1", port, policy=policy).results["tcp"] == "ok"
        assert listeners.heard("tcp") == CANARY
        ended = caisson.run("probe", "tcp", "127.0.0.1", str(other.getsockname()[1]), policy=policy)
        assert ended.results["tcp"] == "EACCES"
        with pytest.raises(socket.timeout):
            other.accept()


def test_resolv_conf_is_there_only_with_a_network(caisson, policy):
    assert caisson.run("probe", "touch", "r", "/etc/resolv.conf", policy=policy).results["/etc/resolv.conf"] == "ENOENT"
    if os.path.exists("/etc/resolv.conf"):
        assert caisson.run("probe", "touch", "r", "/etc/resolv.conf", policy=hosted(caisson)).results["/etc/resolv.conf"] == "ok"


def test_a_socket_that_the_caller_hands_over_as_input_is_no_socket_inside(caisson, policy):
    """H4: the task could write to it, or send descriptors through it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        child = caisson.start("probe", "linger", "socket-input", policy=policy, stdin=theirs)
        assert child.stdout.readline() == b"ready\n"
        task = [pid for pid in host.having("socket-input", "probe") if pid != child.pid][0]
        assert host.descriptors(task)[0].startswith("pipe:")
