"""`virsh console` as a person uses it: on a terminal of its own, read and typed into."""
import contextlib, os, pty, re, select, signal, subprocess, time


class Terminal:
    def __init__(self, place, *argv):
        master, slave = pty.openpty()
        self.master = master
        self.process = subprocess.Popen([*place.user.prefix, *map(str, argv)], stdin=slave, stdout=slave, stderr=slave, cwd=place.work,
                                        env=place.environment() | {'TERM': 'dumb'}, start_new_session=True)
        os.close(slave)
        self.text = ''

    def await_text(self, pattern, seconds=90):
        """Reads until the pattern has come after what was read before; the match."""
        end, since = time.monotonic() + seconds, getattr(self, 'seen', 0)
        while True:
            found = re.compile(pattern).search(self.text, since)
            if found:
                self.seen = found.end(); return found
            left = end - time.monotonic()
            assert left > 0, f'no {pattern!r} within {seconds} s, but {self.text[since:]!r}'
            if select.select([self.master], [], [], min(left, 0.2))[0]:
                try: data = os.read(self.master, 65536)
                except OSError: data = b''
                if not data:
                    found = re.compile(pattern).search(self.text, since)
                    assert found, f'the client ended before {pattern!r}: {self.text[since:]!r}'
                self.text += data.decode(errors='replace')

    def type(self, text): os.write(self.master, text.encode())

    def close(self):
        """Ctrl-], and the client's exit code."""
        with contextlib.suppress(OSError): self.type('\x1d')
        try: return self.process.wait(timeout=10)
        finally:
            if self.process.poll() is None: os.killpg(self.process.pid, signal.SIGKILL); self.process.wait()
            os.close(self.master)

    def __enter__(self): return self
    def __exit__(self, *_):
        if self.process.poll() is None: os.killpg(self.process.pid, signal.SIGKILL); self.process.wait()
        with contextlib.suppress(OSError): os.close(self.master)
