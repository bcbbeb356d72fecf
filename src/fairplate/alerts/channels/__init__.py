"""The channels by the word that settings use. To add one: a file here and a line in `KINDS`."""

from collections.abc import Mapping

from fairplate.alerts.channel import ChannelKind
from fairplate.alerts.channels import apprise_service, mail, mqtt, ntfy, web_push, webhook

KINDS: Mapping[str, ChannelKind] = {
    "email": mail.KIND,
    "webhook": webhook.KIND,
    "web-push": web_push.KIND,
    "mqtt": mqtt.KIND,
    "ntfy": ntfy.KIND,
    "apprise": apprise_service.KIND,
}
