"""Every metric of the daemon in one list, against which the documentation is tested."""

from __future__ import annotations

from bisect import bisect_left
from enum import StrEnum

from watchtower.values import Frozen, Mutable, field


class Type(StrEnum):
    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


class Metric(Frozen):
    """One family: its name as scraped (counters end in `_total`), its help, its labels in order."""

    name: str
    type: Type
    help: str
    labels: tuple[str, ...] = ()


G, C, H = Type.GAUGE, Type.COUNTER, Type.HISTOGRAM
# fmt: off
BUILD_INFO = Metric("watchtower_build_info", G, "The running version; always 1.", ("version", "python"))
INSTANCE_INFO = Metric("watchtower_instance_info", G,
    "The store's own id, which is in every page's id; always 1.", ("instance",))
LEADER = Metric("watchtower_leader", G,
    "1 when this daemon watches and pages; 0 while it stands by or waits for its store.")
LEADER_EPOCH = Metric("watchtower_leader_epoch", G,
    "How often the lead was taken; absent where only one daemon can lead.")
LEADER_SINCE = Metric("watchtower_leader_since_timestamp_seconds", G,
    "When the leader took over, by its clock; absent while none is known.")
UNLED = Metric("watchtower_last_failover_seconds", G,
    "For how long nobody led before the leader took over; absent where nobody watched that.")
STANDBYS = Metric("watchtower_standbys", G,
    "Daemons that stand by, with the leader's plan or another; absent where only one daemon can lead.", ("plan",))
CHECK_INFO = Metric("watchtower_check_info", G,
    "Labels of a check, to join on; always 1.", ("check", "probe", "flow", "tier"))
CHECK_UP = Metric("watchtower_check_up", G,
    "1 when the last sample was up; 0 when it was down or unknown.", ("check", "series"))
CHECK_UNKNOWN = Metric("watchtower_check_unknown", G,
    "1 when the last sample could not tell, or there is none yet: then watchtower_check_up says nothing.", ("check", "series"))
CHECK_DURATION = Metric("watchtower_check_duration_seconds", G, "How long the probe last ran.", ("check", "series"))
CHECK_LAST = Metric("watchtower_check_last_run_timestamp_seconds", G,
    "When the last sample was taken.", ("check", "series"))
CHECK_SAMPLES = Metric("watchtower_check_samples_total", C,
    "Samples by outcome; one run of a check that fans out gives one for each series.", ("check", "outcome"))
CHECK_MEASUREMENT = Metric("watchtower_check_measurement", G,
    "The last value of each numeric measurement, in its own unit; absent while unknown.", ("check", "series", "name"))
_SERIES = ("check", "series", "flow")
DETECTED = {
    "traffic.rate": Metric("watchtower_traffic_requests_per_second", G, "Requests per second in the last poll.", _SERIES),
    "traffic.expected": Metric("watchtower_traffic_expected_requests_per_second", G,
        "Requests per second expected now.", _SERIES),
    "traffic.expected_low": Metric("watchtower_traffic_expected_low_requests_per_second", G,
        "Nine times in ten there are more requests per second than this.", _SERIES),
    "traffic.expected_high": Metric("watchtower_traffic_expected_high_requests_per_second", G,
        "Nine times in ten there are fewer requests per second than this.", _SERIES),
    "traffic.missing": Metric("watchtower_traffic_missing_requests", G,
        "Requests expected that have not come since it is silent or low.", _SERIES),
    "traffic.ratio_5m": Metric("watchtower_traffic_ratio", G,
        "Requests of the last five minutes by those expected; 1 is as usual.", _SERIES),
    "traffic.season_known": Metric("watchtower_traffic_season_known", G,
        "1 when what is usual at this time of the week has been learnt; 0 while it is not.", _SERIES),
    "ratio.value": Metric("watchtower_ratio", G, "Part by whole, as the detector ratio measures it.", _SERIES),
    "ratio.low": Metric("watchtower_ratio_low", G, "Nine times in ten the true ratio is above this.", _SERIES),
    "ratio.high": Metric("watchtower_ratio_high", G, "Nine times in ten the true ratio is below this.", _SERIES),
    "ratio.usual": Metric("watchtower_ratio_usual", G, "The ratio that was learnt or declared.", _SERIES),
    "ratio.missing": Metric("watchtower_ratio_missing", G,
        "How much of the part is missing since the ratio has fallen.", _SERIES),
    "anomaly.expected": Metric("watchtower_anomaly_expected", G, "The expected value of a gauge, in its own unit.", _SERIES),
    "anomaly.expected_low": Metric("watchtower_anomaly_expected_low", G,
        "The least value that is not unusual, in the gauge's own unit.", _SERIES),
    "anomaly.expected_high": Metric("watchtower_anomaly_expected_high", G,
        "The greatest value that is not unusual, in the gauge's own unit.", _SERIES),
    "anomaly.score": Metric("watchtower_anomaly_score", G, "How strange a gauge is, 0 to 1; 0.5 spends the budget.", _SERIES),
    "runway.days_left": Metric("watchtower_runway_seconds", G,
        "Until it is used up or ends, less the time that recharging takes.", _SERIES),
    "runway.days_low": Metric("watchtower_runway_low_seconds", G,
        "The same if as much is used as days past make likely.", _SERIES),
    "runway.days_high": Metric("watchtower_runway_high_seconds", G, "The same if as little is used.", _SERIES),
}
"""What detectors know of each series, by the name of the fact. Facts in days are exported in seconds."""
SAMPLES_DROPPED = Metric("watchtower_check_samples_dropped_total", C,
    "Samples of series beyond the bound of a check; they are not exported.")
LOSS_SECONDS = Metric("watchtower_loss_detect_seconds", G,
    "If this share of the usual requests were missing from now on: until a rule fires; +Inf where none does in 240 polls.",
    ("check", "series", "missing"))
LOSS_REQUESTS = Metric("watchtower_loss_detect_requests", G,
    "The requests that such a loss costs until a rule fires; absent where none does.", ("check", "series", "missing"))
ALERTS = Metric("watchtower_alerts", G, "Alerts that are pending or firing.", ("rule", "state"))
ALERT = Metric("watchtower_alert", G,
    "An alert that is pending or firing, with the severity of its incident; always 1, and gone when the alert ends.",
    ("alertname", "alertstate", "severity", "check", "series", "flow", "incident"))
INCIDENTS_OPEN = Metric("watchtower_incidents_open", G, "Open incidents by their severity now.", ("severity",))
INCIDENTS_UNACKNOWLEDGED = Metric("watchtower_incidents_unacknowledged", G,
    "Open incidents that nobody has acknowledged.")
INCIDENTS = Metric("watchtower_incidents_total", C,
    "Incidents opened since the start, by their first severity.", ("severity",))
INCIDENT_DETECT = Metric("watchtower_incident_detect_seconds", H,
    "From the onset until an incident opened.", ("severity",))
INCIDENT_ACKNOWLEDGE = Metric("watchtower_incident_acknowledge_seconds", H,
    "From the onset until somebody acknowledged.", ("severity",))
INCIDENT_MITIGATE = Metric("watchtower_incident_mitigate_seconds", H,
    "From the onset until the last alert stopped firing for good.", ("severity",))
INCIDENT_RESOLVE = Metric("watchtower_incident_resolve_seconds", H,
    "From the onset until the incident ended.", ("severity",))
PAGES = Metric("watchtower_pages_total", C, "Pages by their final state, by kind of channel.", ("channel", "outcome"))
PAGES_SUPPRESSED = Metric("watchtower_pages_suppressed_total", C,
    "Pages that were held back, by what: silenced, in_maintenance, inhibited, over_budget.", ("reason",))
SILENCES = Metric("watchtower_silences", G, "Silences that are not over.")
PAGE_ATTEMPTS = Metric("watchtower_page_attempts_total", C,
    "Attempts to deliver a page, by outcome: delivered, retry, failover (now by another channel of the kind), failed.",
    ("channel", "outcome"))
PAGE_FAULTS = Metric("watchtower_page_faults_total", C,
    "Attempts that failed, by whose fault it was: retry, other_channel, address, ours, ambiguous.", ("channel", "fault"))
PAGE_RECEIPTS = Metric("watchtower_page_receipts_total", C,
    "What vendors reported of pages that they had accepted: received, answered, read, undelivered.", ("channel", "outcome"))
CHANNEL_PROVEN = Metric("watchtower_channel_proven_timestamp_seconds", G,
    "When this way to a person was last shown to work, by a receipt, an acknowledgement or a canary; 0: never.",
    ("responder", "channel"))
PAGE_ATTEMPT = Metric("watchtower_page_attempt_seconds", H,
    "How long the receiver took to answer an attempt.", ("channel",))
PAGE_DELIVERY = Metric("watchtower_page_delivery_seconds", H,
    "From the decision to page until the receiver accepted it, by kind of channel.", ("channel",))
OUTBOX = Metric("watchtower_outbox_pages", G, "Pages that are queued.")
OUTBOX_OLDEST = Metric("watchtower_outbox_oldest_seconds", G, "Age of the oldest queued page.")
OUTBOX_UNTRIED = Metric("watchtower_outbox_untried_seconds", G,
    "Age of the oldest page that was not tried yet since the start; 0 when there is none.")
LISTENER_UP = Metric("watchtower_listener_up", G,
    "1 while a channel hears what people press; 0 while it tries to. Pages are sent all the same.", ("channel",))
FORWARDED = Metric("watchtower_forwarded_alerts_total", C,
    "Alerts sent to an Alertmanager, by outcome: delivered, refused (for one that is invalid), failed (to be sent again).",
    ("alertmanager", "outcome"))
FORWARD_UP = Metric("watchtower_forward_up", G,
    "1 when this Alertmanager took the last post; 0 when it did not. Absent before the first.", ("alertmanager",))
DELIVERY_RESTARTS = Metric("watchtower_delivery_task_restarts_total", C,
    "Delivery tasks that failed and were started again, because of a bug in watchtower.")
CLOCKS_RUNNING = Metric("watchtower_sla_clocks_running", G, "Running SLA clocks of incidents.", ("severity", "clock"))
CLOCKS_OVERDUE = Metric("watchtower_sla_clocks_overdue", G,
    "SLA clocks that ran out and are not met.", ("severity", "clock"))
CLOCK_DUE = Metric("watchtower_sla_clock_due_timestamp_seconds", G,
    "When the next SLA clock is due; absent when none runs.", ("severity", "clock"))
CLOCK_BREACHES = Metric("watchtower_sla_clock_breaches_total", C,
    "SLA clocks that ran out since the start.", ("severity", "clock"))
DUTIES = Metric("watchtower_duties", G, "Incidents by the state of a compliance duty.", ("duty", "state"))
DUTY_DUE = Metric("watchtower_duty_due_timestamp_seconds", G,
    "When the next filing of this duty is due; absent when none is.", ("duty",))
UNREACHED = Metric("watchtower_incidents_unreached", G, "Open incidents that no notification could be delivered for.")
NOT_READY = Metric("watchtower_not_ready", G,
    "1 while the daemon is not ready for this reason, as in /readyz.", ("reason",))
GAP = Metric("watchtower_gap_seconds", G,
    "How long no daemon watched before this one started, for an hour afterwards; 0 for less than [watchdog] gap_after.")
LOG_DROPPED = Metric("watchtower_log_lines_dropped_total", C, "Lines of the log that could not be written.")
SCHEDULER_MISSED = Metric("watchtower_scheduler_missed_total", C,
    "Scheduled runs that did not happen, by reason.", ("kind",))
SCHEDULER_LAG = Metric("watchtower_scheduler_lag_seconds", H, "How late runs started.")
RELOAD_SUCCESS = Metric("watchtower_config_last_reload_successful", G,
    "1 when the last reload of the configuration was accepted.")
RELOAD_HELD = Metric("watchtower_config_reload_held", G, "1 while a reload that would drop much waits to be confirmed.")
RELOAD_TIMESTAMP = Metric("watchtower_config_last_reload_success_timestamp_seconds", G,
    "When the configuration in force was accepted; 0 when none was.")
STORE_COMMIT = Metric("watchtower_store_commit_seconds", H, "How long a transaction took, until it was durable.")
STORE_LOG_ENTRIES = Metric("watchtower_store_log_entries_total", C,
    "Log entries and other changes written to the store.")
STORE_WAITING = Metric("watchtower_store_waiting_log_entries", G,
    "Log entries and other changes that are not written yet.")
STORE_BEHIND = Metric("watchtower_store_behind_seconds", G, "Age of the oldest log entry that is not written yet.")
HISTORY_UP = Metric("watchtower_history_up", G,
    "1 while the history of measurements is written; 0 while it is not, which hinders no check and no page.")
HISTORY_LOST = Metric("watchtower_history_slots_lost_total", C,
    "Slots of ten seconds that could not be written to the history.")
HISTORY_BYTES = Metric("watchtower_history_bytes", G, "Size of the history's file; absent where it has none.")
# fmt: on

REASONS = ("store", "store_behind", "scheduler_late", "delivery", "probe_threads", "log")
"""Why the daemon may not be ready; each is exported from the start."""

METRICS = (*(one for one in list(vars().values()) if isinstance(one, Metric)), *DETECTED.values())
"""Besides these, `process_*` and `python_*` come from the Prometheus client."""

FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Bounds in seconds for what happens on this machine."""
LONG = (10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 14400.0, 28800.0, 86400.0, 172800.0, 432000.0)
"""Bounds in seconds for what people do: the targets of the levels are among them."""
SLOW = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
"""Bounds in seconds for what crosses the network to people."""


class Histogram(Mutable):
    """Counts by bucket. Cheaper than the client's: one thread writes it, so it needs no lock."""

    bounds: tuple[float, ...]
    counts: list[int] = field(default_factory=list)
    total: float = 0.0

    def __post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value

    def cumulative(self) -> list[tuple[str, float]]:
        """`[("0.05", 3), …, ("+Inf", 7)]`."""
        out, running = [], 0
        for bound, count in zip((*map(repr, self.bounds), "+Inf"), self.counts, strict=True):
            running += count
            out.append((bound, float(running)))
        return out
