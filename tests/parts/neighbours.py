"""Small real servers from Debian's packages that recipes are tried on, each on a free port of loopback."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

from tests.parts.child import Part, answers, find_program, free_port


class Neighbour(Part):
    """A server whose configuration is `text`, with `{home}` and `{port}` in it; started by `command` after its program."""

    program = ""
    text = ""
    command: tuple[str, ...] = ()
    environment = ""

    def start(self) -> None:
        """Write the configuration and start it in the foreground."""
        program = find_program(self.program, self.package)
        self.home = self.directory()
        self.port = free_port()
        self.prepare()
        (self.home / "conf").write_text(self._filled(self.text))
        own = {self.environment: str(self.home)} if self.environment else {}
        self.run([program, *map(self._filled, self.command)], self.home / "log", own)
        self.wait_ready(self.ready)

    def prepare(self) -> None:
        """What else it needs."""

    def ready(self) -> bool:
        return answers(self.port)

    def _filled(self, text: str) -> str:
        return text.replace("{home}", str(self.home)).replace("{port}", str(self.port))


class Sshd(Neighbour):
    """OpenSSH; nobody can log in."""

    package, program = "openssh-server", "sshd"
    text = "Port {port}\nListenAddress 127.0.0.1\nHostKey {home}/key\nPidFile none\n"
    command = ("-D", "-e", "-f", "{home}/conf")

    def prepare(self) -> None:
        Path("/run/sshd").mkdir(exist_ok=True)
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.home / "key")], check=True
        )


class Slapd(Neighbour):
    """OpenLDAP with an empty database."""

    package, program = "slapd", "slapd"
    text = (
        "include /etc/ldap/schema/core.schema\nmodulepath /usr/lib/ldap\nmoduleload back_ldif\n"
        'database ldif\nsuffix "dc=shop,dc=example"\ndirectory {home}/db\n'
    )
    command = ("-d", "0", "-f", "{home}/conf", "-h", "ldap://127.0.0.1:{port}")

    def prepare(self) -> None:
        (self.home / "db").mkdir()


class Chronyd(Neighbour):
    """A time server that gives this machine's own time, and leaves its clock alone."""

    package, program = "chrony", "chronyd"
    text = (
        "local stratum 8\nallow 127.0.0.1\nport {port}\nbindaddress 127.0.0.1\ncmdport 0\n"
        "bindcmdaddress /\npidfile {home}/pid\n"
    )
    command = ("-d", "-x", "-u", "root", "-f", "{home}/conf")

    def ready(self) -> bool:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(0.2)
            client.connect(("127.0.0.1", self.port))
            client.send(b"\x23" + bytes(47))
            return len(client.recv(64)) == 48


class Snmpd(Neighbour):
    """An SNMP agent that everybody on this machine may read as `public`."""

    package, program = "snmpd", "snmpd"
    text = "rocommunity public 127.0.0.1\nagentaddress udp:127.0.0.1:{port}\n"
    command = ("-f", "-Lf", "{home}/snmp.log", "-C", "-c", "{home}/conf", "-p", "{home}/pid")
    environment = "SNMP_PERSISTENT_DIR"

    def ready(self) -> bool:
        log = self.home / "snmp.log"
        return log.exists() and "NET-SNMP version" in log.read_text()


class Mosquitto(Neighbour):
    """An MQTT broker without passwords."""

    package, program = "mosquitto", "mosquitto"
    text = "listener {port} 127.0.0.1\nallow_anonymous true\n"
    command = ("-c", "{home}/conf")


class Dovecot(Neighbour):
    """An IMAP server."""

    package, program = "dovecot-imapd", "dovecot"
    text = (
        "base_dir = {home}/run\nlog_path = {home}/dovecot.log\nprotocols = imap\nssl = no\nlisten = 127.0.0.1\n"
        "service imap-login {\n inet_listener imap {\n  port = {port}\n }\n"
        " inet_listener imaps {\n  port = 0\n }\n}\n"
        "passdb {\n driver = static\n args = nopassword\n}\n"
        "userdb {\n driver = static\n args = uid=nobody gid=nogroup home=/nonexistent\n}\n"
    )
    command = ("-F", "-c", "{home}/conf")

    def prepare(self) -> None:
        (self.home / "run").mkdir()


NEIGHBOURS: dict[str, type[Neighbour]] = {
    "ssh": Sshd,
    "ldap": Slapd,
    "ntp": Chronyd,
    "snmp": Snmpd,
    "mqtt": Mosquitto,
    "imap": Dovecot,
}
