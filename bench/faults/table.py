"""What was found of a fault."""


class Skip(Exception):
    """The fault cannot be brought about here, and why."""


class Findings:
    """Collects what is wrong, and a few words on what was seen."""

    MOST = 6

    def __init__(self):
        self.wrong, self.notes, self.times, self.skipped = [], [], 0, ""

    def expect(self, held, text):
        """Notes a fault unless the condition holds."""
        if not held:
            self.wrong.append(text)
        return held

    def ended(self, ended, code, *words):
        """A command must end with this code (or one of these), say these words, and never break down."""
        codes = code if isinstance(code, tuple) else (code,)
        self.expect(ended.code in codes, f"exit code {ended.code}, not {code}: {ended.words} -> {ended.err[-300:]!r}")
        self.expect("panicked" not in ended.err, f"it panics: {ended.words} -> {ended.err[-300:]!r}")
        for word in words:
            self.expect(word in ended.err + ended.out, f"not said: {word!r}; {ended.words} -> {ended.err[-300:]!r}")

    def note(self, text):
        self.notes.append(text)

    def row(self, name, seconds):
        verdict = "skipped" if self.skipped else "WRONG" if self.wrong else "ok"
        more = len(self.wrong) - self.MOST
        wrong = self.wrong[:self.MOST] + ([f"and {more} more"] if more > 0 else [])
        found = f"{len(self.wrong)} expectations failed" if self.wrong else "; ".join(self.notes)
        return {"fault": name, "times": self.times, "verdict": verdict, "found": self.skipped or found,
                "wrong": wrong, "seconds": round(seconds, 1)}
