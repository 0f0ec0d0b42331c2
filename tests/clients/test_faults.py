"""Documents with faults: the error names element, line and cause, and nothing is left behind."""
import re

from .cases import Case, per_user
from .test_holding_on import files

# Name, what is replaced in plain.xml, by what, what the error must say.
FAULTS = [
    ('not closed', '</devices>', '', r'(?i)line \d+'),
    ('no number', '<vcpu>1', '<vcpu>one', r'vcpu'),
    ('unknown unit', "unit='MiB'", "unit='Mib2'", r'Mib2'),
    ('unknown type of a serial port', "serial type='pty'", "serial type='telepathy'", r'telepathy'),
    ('unknown bus', '<memballoon', "<disk type='file'><source file='/x'/><target dev='vda' bus='teleport'/></disk><memballoon", r'teleport'),
    ('no target', '<memballoon', "<disk type='file'><source file='/x'/></disk><memballoon", r'target'),
    ('bad MAC', '<memballoon', "<interface type='user'><mac address='52:54:00:57:ea'/></interface><memballoon", r'52:54:00:57:ea|MAC'),
    ('bad address', "<memballoon model='virtio'/>", "<memballoon model='virtio'><address type='pci' domain='0x0000' bus='0x01' slot='0x99' function='0x0'/></memballoon>", r'(?i)slot|0x99|address'),
    ('busy name', '000001', '000009', r"'plain' already exists"),
]
# Known elements that are not served yet: refused by name, line and column.
UNSERVED = [
    ('a TPM', '<memballoon', "<tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>\n    <memballoon", 'tpm'),
    ('a host device', '<memballoon', "<hostdev mode='subsystem' type='pci' managed='yes'><source><address domain='0' bus='1' slot='0' function='0'/></source></hostdev>\n    <memballoon", 'hostdev'),
    ('a file system', '<memballoon', "<filesystem type='mount'><source dir='/x'/><target dir='x'/></filesystem>\n    <memballoon", 'filesystem'),
    ('tuned block I/O', '<devices>', '<blkiotune><weight>500</weight></blkiotune>\n  <devices>', 'blkiotune'),
]


@per_user
class Faults(Case):
    def define(self, place, old, new):
        text = (place.work / 'plain.xml').read_text()
        self.assertIn(old, text)
        (place.work / 'fault.xml').write_text(text.replace(old, new, 1)); place.user.give(place.work)
        return place.virsh('define', 'fault.xml')

    def test_a_wrong_document_is_refused_with_its_cause(self, place):
        place.ok('define', 'plain.xml')
        before = files(place)
        for name, old, new, words in FAULTS:
            with self.subTest(name):
                refused = self.define(place, old, new)
                self.assertEqual(refused.returncode, 1, refused.stdout)
                self.assertRegex(refused.stderr, words)
                self.assertEqual(files(place), before, 'something was left behind')
        self.assertEqual(place.machines(), [])

    def test_what_is_not_served_yet_is_refused_by_name_line_and_column(self, place):
        for name, old, new, element in UNSERVED:
            with self.subTest(name):
                refused = self.define(place, old, new)
                self.assertEqual(refused.returncode, 1, f'{element} was ignored')
                self.assertRegex(refused.stderr, element)
                self.assertRegex(refused.stderr, r'(?i)\b\d+:\d+\b|line \d+', refused.stderr)
        self.assertNotIn('plain', place.ok('list', '--all'))

    def test_a_document_of_wild_size_or_depth_is_refused(self, place):
        for name, text in (('depth', '<domain>' * 100_000), ('entities', '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><domain type="qemu"><name>&b;</name></domain>'),
                           ('a file from outside', '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><domain type="qemu"><name>&x;</name></domain>')):
            with self.subTest(name):
                (place.work / 'wild.xml').write_text(text); place.user.give(place.work)
                refused = place.virsh('define', 'wild.xml')
                self.assertEqual(refused.returncode, 1)
                self.assertNotIn('root:', refused.stderr)
        self.assertEqual(place.ok('list', '--all', '--name').strip(), '')

    def test_an_unusable_emulator(self, place):
        for name, emulator, cause in (('absent', '/no/such/emulator', 'No such file'), ('no program', str(place.work / 'plain.xml'), r'(?i)permission denied|not executable'), ('no QEMU', '/bin/true', r'(?i)qemu|capabilit|emulator|monitor')):
            with self.subTest(name):
                refused = self.define(place, '/usr/bin/qemu-system-x86_64', emulator)
                if refused.returncode == 0: refused = place.virsh('start', 'plain')
                self.assertEqual(refused.returncode, 1)
                self.assertRegex(refused.stderr, cause)
                self.assertEqual(place.machines(), [])
                place.virsh('undefine', 'plain')

    def test_a_missing_file_is_named(self, place):
        (place.work / 'disk.img').unlink()
        place.ok('define', 'pc.xml')
        before = files(place)
        refused = place.virsh('start', 'pc')
        self.assertEqual(refused.returncode, 1)
        self.assertIn('disk.img', refused.stderr)
        self.assertIn('No such file or directory', refused.stderr)
        self.assertEqual(files(place), before)
