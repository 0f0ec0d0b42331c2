"""A transcript: the commands of a scenario with exit code and text, what must be equal whoever the daemon is.

tests/expected/NAME.txt holds what libvirtd 11.3 answered (tests/run --record writes it); what differs from run to
run (paths, ports, times) is replaced by a word."""
import difflib, re

from .place import TOP

EXPECTED = TOP / 'tests' / 'expected'

ALWAYS = [
    # The board's newest version is QEMU's matter.
    (r'pc-(q35|i440fx)-[0-9]+\.[0-9]+', r'pc-\1-X'),
    # stead says where in the document, after libvirt's own words.
    (r' \(line \d+, column \d+: [^)\n]*\)', ''),
    # ... and every further fault on a line of its own, where libvirt stops at the first.
    (r'(?m)^\d+:\d+: .*\n?', ''),
    (r'/dev/pts/\d+', '/dev/pts/N'),
    (r'(?m)^(CPU time: +).*', r'\1T'),
    (r"(<[^>]*) port='59\d\d'", r"\1 port='PORT'"),
    (r'127\.0\.0\.1:\d+', '127.0.0.1:N'),
    (r'vnc://localhost:\d+', 'vnc://localhost:N'),
    (r'(?m)^(Security (?:model|DOI|label): +).*', r'\1...'),
]


class Transcript:
    def __init__(self, place):
        self.place, self.lines = place, []

    def virsh(self, *argv, hide=(), **more):
        """One command; `hide` are (pattern, replacement) for what this command shows of the moment."""
        done = self.place.virsh(*argv, **more)
        self.note('$ virsh ' + ' '.join(self.quoted(str(a)) for a in argv), done.returncode, done.stdout + done.stderr, hide)
        return done

    def note(self, title, code, text, hide=()):
        for pattern, word in [*ALWAYS, *hide]: text = re.sub(pattern, word, text)
        for path, word in self.paths(): text, title = text.replace(path, word), title.replace(path, word)
        # Each daemon keeps a machine's sockets in a place of its own.
        text = re.sub(r'ROOT/[\w./-]*channel/(target/)?', 'CHANNELS/', text)
        # Long texts carry trailing blanks from virsh's columns.
        text = '\n'.join(line.rstrip() for line in text.splitlines())
        self.lines += [f'{title}', f'[{code}]'] + ([text] if text else [])

    @staticmethod
    def quoted(word): return word if re.fullmatch(r'[\w@%+=:,./<>-]+', word) else repr(word)

    def paths(self):
        root, top = str(self.place.root), str(self.place.top)
        yield str(self.place.work), 'TOP'
        yield root, 'ROOT'
        yield top, 'TOP'

    def text(self): return '\n'.join(self.lines) + '\n'

    def check(self, name, record=False):
        """Holds the transcript against the recording, or writes it."""
        path = EXPECTED / f'{name}.txt'
        if record:
            path.write_text(self.text()); return None
        expected = path.read_text().splitlines()
        actual = self.text().splitlines()
        if expected == actual: return None
        return '\n'.join(difflib.unified_diff(expected, actual, 'libvirtd', 'stead', lineterm='', n=4))
