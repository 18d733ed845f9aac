from __future__ import annotations


class Refusal(BaseException):
    """The runner refuses to go on: a stable code, one sentence and the next step.

    It is no `Exception`, so that `except Exception:` in a notebook cannot swallow it when it is raised
    inside the user's own call (an audit hook, N28).
    """

    def __init__(
        self, code: str, message: str, next: str = "", data: dict | None = None, line: int | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.next = next
        self.data = data or {}
        self.line = line

    def __str__(self) -> str:
        return f"{self.message} ({self.code})" + (f"\n  next: {self.next}" if self.next else "")
