"""Events through libvirt-python's own event loop: complete, in order, and the same as libvirtd's."""
import os, unittest

from .place import Judge, Place, User
from .test_transcripts import MODE, users
from .transcript import Transcript

# Runs as the place's user; prints one line an event. Arguments: the URI. Reads commands from stdin: python expressions
# on `c` (the connection) and `d` (the machine), one a line; after each it waits until the events have settled.
WATCHER = r'''
import sys, threading, time, libvirt
libvirt.registerErrorHandler(lambda *a: None, None)
libvirt.virEventRegisterDefaultImpl()
threading.Thread(target=lambda: [libvirt.virEventRunDefaultImpl() for _ in iter(int, 1)], daemon=True).start()
c = libvirt.open(sys.argv[1]); last = [time.monotonic()]; lock = threading.Lock()
def said(*words):
    with lock: last[0] = time.monotonic(); print(*words, flush=True)
def plain(value): return value if isinstance(value, (int, str, dict, list, tuple)) or value is None else type(value).__name__
def any_event(name):
    def callback(conn, dom, *rest): said('  ', name, dom.name(), *[plain(v) for v in rest[:-1]])
    return callback
IDS = {n[20:].lower(): getattr(libvirt, n) for n in dir(libvirt) if n.startswith('VIR_DOMAIN_EVENT_ID_')}
for name in ('lifecycle', 'reboot', 'rtc_change', 'watchdog', 'graphics', 'block_job', 'disk_change', 'tray_change', 'pmsuspend', 'pmwakeup', 'balloon_change', 'device_removed',
             'device_added', 'metadata_change', 'control_error', 'agent_lifecycle', 'job_completed'):
    if name != 'balloon_change': c.domainEventRegisterAny(None, IDS[name], any_event(name), None)
for line in sys.stdin:
    line = line.strip(); said('>', line)
    try: r = eval(line)
    except libvirt.libvirtError as e: said('   error', e.get_error_code(), e.get_error_domain(), e.get_error_message())
    end = time.monotonic() + 3
    last[0] = time.monotonic()
    while time.monotonic() - last[0] < 0.4 and time.monotonic() < end: time.sleep(0.02)
c.close()
'''

SCRIPTS = {
    'events_life': '''c.defineXML(open('plain.xml').read())
c.defineXML(open('plain.xml').read())
c.lookupByName('plain').create()
c.lookupByName('plain').suspend()
c.lookupByName('plain').suspend()
c.lookupByName('plain').resume()
c.lookupByName('plain').destroy()
c.lookupByName('plain').createWithFlags(libvirt.VIR_DOMAIN_START_PAUSED)
c.lookupByName('plain').resume()
c.lookupByName('plain').destroyFlags(libvirt.VIR_DOMAIN_DESTROY_GRACEFUL)
c.lookupByName('plain').rename('fancy')
c.lookupByName('fancy').setAutostart(1)
c.lookupByName('fancy').setMetadata(libvirt.VIR_DOMAIN_METADATA_TITLE, 'T', None, None, libvirt.VIR_DOMAIN_AFFECT_CONFIG)
c.lookupByName('fancy').setMetadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, '<x/>', 'k', 'http://example.org/x', libvirt.VIR_DOMAIN_AFFECT_CONFIG)
c.lookupByName('fancy').undefine()
''',
    'events_transient': '''c.createXML(open('plain.xml').read())
c.createXML(open('plain.xml').read())
c.lookupByName('plain').undefine()
c.defineXML(open('plain.xml').read())
c.lookupByName('plain').undefine()
c.lookupByName('plain').destroy()
c.createXML(open('plain.xml').read(), libvirt.VIR_DOMAIN_START_PAUSED)
c.lookupByName('plain').reset()
c.lookupByName('plain').destroy()
''',
    'events_errors': '''c.lookupByName('none')
c.lookupByUUIDString('57ead000-0000-4000-8000-00000000ffff')
c.lookupByID(99)
c.defineXML('<domain')
c.defineXML('<domain/>')
c.defineXML('<network/>')
c.defineXML("<domain type='nothing'><name>a</name></domain>")
c.defineXML("<domain type='qemu'><name>a</name><memory>65536</memory></domain>")
c.defineXML("<domain type='qemu'><memory>65536</memory><os><type>hvm</type></os></domain>")
c.defineXML(open('plain.xml').read().replace('<vcpu>1', '<vcpu>x'))
c.defineXML(open('plain.xml').read().replace("unit='MiB'", "unit='MiX'"))
c.defineXML(open('plain.xml').read().replace("type='pty'", "type='nonsense'"))
c.defineXMLFlags(open('plain.xml').read(), 1 << 30)
c.defineXML(open('plain.xml').read()).name()
c.lookupByName('plain').suspend()
c.lookupByName('plain').XMLDesc(1 << 30)
c.lookupByName('plain').createWithFlags(1 << 30)
c.lookupByName('plain').setMemory(0)
c.lookupByName('plain').setVcpusFlags(0, 2)
c.lookupByName('plain').setMetadata(9, 'x', None, None, 2)
c.lookupByName('plain').metadata(libvirt.VIR_DOMAIN_METADATA_TITLE, None)
c.lookupByName('plain').metadata(libvirt.VIR_DOMAIN_METADATA_ELEMENT, 'http://example.org/none')
c.lookupByName('plain').blockInfo('vda')
c.lookupByName('plain').openConsole(None, c.newStream())
c.lookupByName('plain').memoryStats()
c.lookupByName('plain').vcpus()
c.lookupByName('plain').shutdown()
c.lookupByName('plain').undefineFlags(1 << 30)
c.getCPUModelNames('nonsense')
''',
}


class Events(unittest.TestCase):
    maxDiff = None
    judged = True


def test_of(name, script, user):
    def test(self):
        with (Judge if MODE else Place)(User(user)) as place:
            done = place.run('/usr/bin/python3', '-c', WATCHER, place.uri, input=script)
            transcript = Transcript(place)
            transcript.note(f'# {name}', done.returncode, done.stdout + done.stderr)
            difference = transcript.check(name, record=MODE == 'record')
            if difference: self.fail(f'{name} as {user}\n{difference}')
    return test


for name, script in SCRIPTS.items():
    for user in users():
        who = 'root' if user == 'self' and os.getuid() == 0 else 'user'
        setattr(Events, f'test_{name}_as_{who}', test_of(name, script, user))
