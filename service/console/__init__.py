"""The console in the browser: what the specialist sees before nine.

Every page goes through the rules, the store and the audit record that REST goes through; nothing
here touches a table or decides by itself. Text stands in ``texts.yaml`` alone, Chinese and English.
"""

from service.api.security import PAGES as PREFIX

__all__ = ["PREFIX"]
