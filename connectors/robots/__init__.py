"""Group robots of DingTalk, WeCom and Feishu, and e-mail: one message out, one outcome back."""

from connectors.robots.mail import Letterbox, send_mail
from connectors.robots.message import Delivery, Message
from connectors.robots.robots import LIMITS, Robot, RobotKind, open_client, send

__all__ = [
    "LIMITS",
    "Delivery",
    "Letterbox",
    "Message",
    "Robot",
    "RobotKind",
    "open_client",
    "send",
    "send_mail",
]
