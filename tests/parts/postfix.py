"""A private Postfix: accepts mail for every address on loopback and keeps it; nothing ever leaves the machine.

Two kinds of address are refused, so that a test chooses its fate by the address it writes to:

- `refuse-451@example.com` gets a 451, `refuse-550.li@example.com` a 550, and so on for every 4xx and 5xx;
- at `busy_port` every recipient gets a 450, like a server that greylists or has a full disk.
"""

from __future__ import annotations

import email
import email.policy
import os
import pwd
import re
import subprocess
from email.message import EmailMessage
from pathlib import Path

from tests.parts.certificates import Certificates
from tests.parts.child import MissingPart, Part, answers, find_program, free_port, wait_until

_MAIN = """\
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
daemon_directory = {daemons}
maillog_file = {home}/log/mail.log
maillog_file_prefixes = {home}
myhostname = mta.watchtower.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_banner = $myhostname ESMTP
# Every address lives here, in one Maildir; Delivered-To tells them apart.
virtual_mailbox_domains = static:all
virtual_mailbox_base = {home}/mail
virtual_mailbox_maps = static:inbox/
virtual_minimum_uid = 1
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_alias_maps =
alias_maps =
alias_database =
local_recipient_maps =
# And nothing goes anywhere else.
default_transport = error:this server delivers nothing to the outside
relay_transport = error:this server delivers nothing to the outside
disable_dns_lookups = yes
smtpd_recipient_restrictions = check_recipient_access regexp:{config}/refused, permit
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtpd_client_connection_rate_limit = 0
smtpd_error_sleep_time = 0
smtpd_tls_security_level = may
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {key}
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
127.0.0.1:{tls_port} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
127.0.0.1:{busy_port} inet n - n - - smtpd
  -o {{ smtpd_recipient_restrictions = static:{{450 4.3.0 try again later}} }}
127.0.0.1:{picky_port} inet n - n - - smtpd
  -o smtpd_helo_required=yes
  -o {{ smtpd_helo_restrictions = reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname }}
127.0.0.1:{closed_port} inet n - n - - smtpd
  -o {{ smtpd_client_restrictions = reject }}
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


class Postfix(Part):
    """`port` speaks SMTP with STARTTLS, `tls_port` TLS from the first byte, `busy_port` refuses for now.

    `picky_port` wants a full name in HELO, as most servers outside do; `closed_port` refuses us, whoever is written to.
    """

    package = "postfix"

    def __init__(self, certificates: Certificates | None = None) -> None:
        super().__init__()
        self.host = "127.0.0.1"
        self._certificates = certificates

    def start(self) -> None:
        """Write its configuration and start its master process in the foreground."""
        program = find_program("postfix", self.package)
        if os.getuid() != 0:
            raise MissingPart("postfix can only be started by root")
        owner = pwd.getpwnam("postfix")
        home = self.directory()
        config = home / "config"
        for name in ("config", "log", "queue", "data", "mail"):
            (home / name).mkdir()
        for name in ("data", "mail"):
            os.chown(home / name, owner.pw_uid, owner.pw_gid)
        self.home = home
        self.inbox = home / "mail" / "inbox" / "new"
        self.certificates = self._certificates or Certificates(self.directory())
        self.port, self.tls_port, self.busy_port = free_port(), free_port(), free_port()
        self.picky_port, self.closed_port = free_port(), free_port()
        (config / "main.cf").write_text(
            _MAIN.format(
                home=home,
                config=config,
                daemons=_daemons(),
                uid=owner.pw_uid,
                gid=owner.pw_gid,
                certificate=self.certificates.good.certificate,
                key=self.certificates.good.key,
            )
        )
        (config / "master.cf").write_text(
            _MASTER.format(
                port=self.port,
                tls_port=self.tls_port,
                busy_port=self.busy_port,
                picky_port=self.picky_port,
                closed_port=self.closed_port,
            )
        )
        (config / "refused").write_text(
            # Without a code of ours Postfix says x.7.1, which is no word about the mailbox.
            r"/^refuse-(55[013])[^@]*@/ ${1} 5.1.1 refused, as the address asks" + "\n"
            r"/^refuse-([45][0-9][0-9])[^@]*@/ ${1} refused, as the address asks" + "\n"
        )
        # This makes the folders of the queue. Then the master itself: `postfix start-fg` would put it into a session
        # of its own, where it outlives us.
        subprocess.run(
            [program, "-c", config, "check"], check=True, capture_output=True, stdin=subprocess.DEVNULL
        )
        self.run([_daemons() / "master", "-c", config, "-d"], home / "log" / "start.log")
        self.wait_ready(lambda: answers(self.port) and answers(self.tls_port) and answers(self.busy_port))

    def messages(self, recipient: str) -> list[EmailMessage]:
        """The mails that were delivered to this address, oldest first."""
        files = sorted(self.inbox.iterdir(), key=_age) if self.inbox.is_dir() else []
        mails = [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]
        return [mail for mail in mails if mail["Delivered-To"] == recipient]

    def wait_for(self, recipient: str, count: int = 1) -> list[EmailMessage]:
        """The mails to this address, once there are so many: delivery happens after acceptance."""
        wait_until(lambda: len(self.messages(recipient)) >= count, f"mail {count} for {recipient}")
        return self.messages(recipient)

    def journal(self) -> str:
        """What Postfix itself wrote about its work."""
        return (self.home / "log" / "mail.log").read_text()

    def queue_id_delivered(self, queue_id: str) -> bool:
        """Whether the journal says that the mail with this queue id was delivered."""
        return re.search(rf"\b{re.escape(queue_id)}: .*status=sent", self.journal()) is not None


def _age(file: Path) -> int:
    return file.stat().st_mtime_ns


def _daemons() -> Path:
    for path in ("/usr/lib/postfix/sbin", "/usr/libexec/postfix", "/usr/lib/postfix"):
        if Path(path, "master").exists():
            return Path(path)
    raise MissingPart("postfix is installed without its master daemon in a place known here")
