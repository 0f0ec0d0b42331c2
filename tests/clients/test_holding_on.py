"""What holds when something dies, hangs or is damaged; each sentence of the promise is a test with real QEMU."""
import contextlib, os, pathlib, re, shutil, signal, statistics, time

from .cases import Case, per_user, root_only
from .place import until

# Runs as the place's user and prints what it measured; see each test.
KILL_AND_AWAIT = r'''
import os, signal, sys, threading, time, libvirt
libvirt.registerErrorHandler(lambda *a: None, None); libvirt.virEventRegisterDefaultImpl()
threading.Thread(target=lambda: [libvirt.virEventRunDefaultImpl() for _ in iter(int, 1)], daemon=True).start()
c = libvirt.open(sys.argv[1]); came = []
c.domainEventRegisterAny(None, libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, lambda conn, dom, event, detail, _: came.append((time.monotonic(), event, detail)), None)
time.sleep(0.3); begun = time.monotonic(); os.kill(int(sys.argv[2]), signal.SIGKILL)
while time.monotonic() - begun < float(sys.argv[3]): time.sleep(0.01)
for at, event, detail in came: print(f'{(at - begun) * 1000:.1f} {event} {detail}')
'''

READS = r'''
import sys, time, statistics, libvirt
libvirt.registerErrorHandler(lambda *a: None, None)
c = libvirt.open(sys.argv[1]); d = c.lookupByName('plain')
for name, call in (('list', lambda: c.listAllDomains()), ('domstate', lambda: d.state()), ('dumpxml', lambda: d.XMLDesc()), ('domstats', lambda: c.getAllDomainStats()), ('dominfo', lambda: d.info())):
    ts = []
    for _ in range(7):
        t = time.monotonic(); call(); ts.append((time.monotonic() - t) * 1000)
    print(name, f'{statistics.median(ts):.1f}')
'''


def state(place, name='plain'): return place.virsh('domstate', '--reason', name).stdout.strip()


def files(place):
    """Everything below the root but what may grow by itself."""
    found = {}
    for path in place.root.rglob('*'):
        name = str(path.relative_to(place.root))
        if name.startswith(('cache', 'log')) or path.is_socket(): continue
        found[name] = path.read_bytes() if path.is_file() else None
    return found


@per_user
class HoldingOn(Case):
    def test_machines_outlive_the_daemon(self, place):
        """kill -9 of the daemon with machines running: the next has them all back, untouched, with state and events."""
        for name in ('plain', 'full', 'pc'): place.ok('define', f'{name}.xml')
        place.ok('start', 'plain'); place.ok('start', '--paused', 'full'); place.ok('start', 'pc'); place.ok('suspend', 'pc')
        before = {n: (place.machine(n), place.ok('domid', n), state(place, n), place.ok('dumpxml', n), place.ok('dumpxml', '--inactive', n)) for n in ('plain', 'full', 'pc')}
        place.kill()
        self.assertEqual(len(place.machines()), 3)
        place.restart()
        after = {n: (place.machine(n), place.ok('domid', n), state(place, n), place.ok('dumpxml', n), place.ok('dumpxml', '--inactive', n)) for n in ('plain', 'full', 'pc')}
        for name in before: self.assertEqual(before[name], after[name], name)
        done = place.run('timeout', '20', 'virsh', '-c', place.uri, 'event', '--all', '--domain', 'plain', '--timeout', '1')
        self.assertIn(done.returncode, (0, 1))
        place.ok('suspend', 'plain'); place.ok('resume', 'plain'); place.ok('resume', 'full')
        self.assertEqual(state(place, 'plain'), 'running (unpaused)')
        # The next one's events: an end by QEMU is seen.
        said = place.run('/usr/bin/python3', '-c', KILL_AND_AWAIT, place.uri, place.machine('plain'), '1').stdout
        self.assertRegex(said, r'(?m)^\d+\.\d 5 5$')
        # A machine defined or started later gets another id.
        place.ok('start', 'plain')
        self.assertGreater(int(place.ok('domid', 'plain')), 3)

    def test_sigterm_leaves_machines_running(self, place):
        place.ok('define', 'plain.xml'); place.ok('start', 'plain')
        pid = place.machine('plain')
        self.assertEqual(place.terminate(), 0)
        place.restart()
        self.assertEqual((place.machine('plain'), state(place)), (pid, 'running (booted)'))

    def test_a_machine_that_ended_while_nobody_looked(self, place):
        place.ok('define', 'plain.xml'); place.ok('start', 'plain')
        pid = place.machine('plain')
        place.kill()
        os.kill(pid, signal.SIGKILL); until(lambda: not place.machines())
        place.restart()
        self.assertRegex(state(place), r'^shut off \((crashed|unknown)\)$')
        place.ok('start', 'plain')

    def test_death_of_qemu_is_seen_within_100_ms(self, place):
        place.ok('define', 'plain.xml')
        took = []
        for _ in range(5):
            place.ok('start', 'plain')
            said = place.run('/usr/bin/python3', '-c', KILL_AND_AWAIT, place.uri, place.machine('plain'), '0.6').stdout
            # VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_FAILED: as libvirt reports a QEMU that is gone.
            found = re.search(r'(?m)^(\d+\.\d) 5 5$', said)
            self.assertTrue(found, said)
            took.append(float(found.group(1)))
            self.assertEqual(state(place), 'shut off (crashed)')
        self.assertLessEqual(statistics.median(took), 100, took)

    def test_on_crash_restart_is_carried_out(self, place):
        text = (place.work / 'plain.xml').read_text().replace('<devices>', '<on_crash>restart</on_crash><devices>', 1)
        (place.work / 'again.xml').write_text(text); place.user.give(place.work)
        place.ok('define', 'again.xml'); place.ok('start', 'plain')
        pid = place.machine('plain')
        os.kill(pid, signal.SIGKILL)
        until(lambda: place.machine('plain') not in (None, pid) and state(place).startswith('running'), 10)
        place.ok('destroy', 'plain')
        self.assertEqual(state(place), 'shut off (destroyed)')

    def test_a_stopped_qemu_hangs_nobody(self, place):
        place.ok('define', 'plain.xml'); place.ok('define', 'pc.xml'); place.ok('start', 'plain'); place.ok('start', 'pc')
        pid = place.machine('plain')
        os.kill(pid, signal.SIGSTOP)
        # A client that asks the hung monitor waits; the others do not.
        said = place.run('/usr/bin/python3', '-c', READS, place.uri)
        self.assertEqual(said.returncode, 0, said.stderr)
        for line in said.stdout.splitlines(): self.assertLessEqual(float(line.split()[1]), 50, said.stdout)
        self.assertEqual(state(place, 'pc'), 'running (booted)')
        begun = time.monotonic()
        place.ok('destroy', 'plain')
        self.assertLessEqual(time.monotonic() - begun, 5)
        self.assertEqual(state(place), 'shut off (destroyed)')
        until(lambda: place.machine('plain') is None, 2)

    def test_a_truncated_status_file_orphans_no_qemu(self, place):
        place.ok('define', 'plain.xml')
        place.ok('create', 'pc.xml')
        for length in (0, 1, 60, 200):
            if state(place).startswith('shut'): place.ok('start', 'plain')
            pid = place.machine('plain')
            place.kill()
            damaged = [p for p in (place.root / 'run').rglob('*') if p.is_file() and p.stat().st_size > 0]
            self.assertTrue(damaged)
            for path in damaged: os.truncate(path, min(length, path.stat().st_size))
            place.restart()
            self.assertEqual(place.machine('plain'), pid)
            self.assertRegex(state(place), '^running')
            self.assertNotEqual(place.virsh('start', 'plain').returncode, 0)
            place.ok('destroy', 'plain')
            until(lambda: place.machine('plain') is None, 2)
        self.assertRegex(place.ok('list', '--all'), r'pc +running')
        place.ok('destroy', 'pc')
        self.assertEqual(place.machines(), [])

    def test_a_damaged_document_stays_listed(self, place):
        place.ok('define', 'plain.xml'); place.ok('define', 'pc.xml')
        place.kill()
        documents = [p for p in (place.root / 'etc').rglob('*') if p.is_file() and b'57ead000-0000-4000-8000-000000000001' in p.read_bytes()]
        self.assertTrue(documents)
        for path in documents: os.truncate(path, 150)
        place.restart()
        listed = place.ok('list', '--all', '--uuid')
        self.assertIn('57ead000-0000-4000-8000-000000000001', listed)
        self.assertIn('57ead000-0000-4000-8000-000000000003', listed)
        refused = place.virsh('start', '57ead000-0000-4000-8000-000000000001')
        self.assertNotEqual(refused.returncode, 0)
        self.assertRegex(refused.stderr, r'(?s)broken|damaged|cannot be read')
        place.ok('start', 'pc')
        # A good document heals it.
        place.ok('define', 'plain.xml'); place.ok('start', 'plain')

    def test_a_start_that_was_cut_short(self, place):
        """kill -9 of the daemon at moments of a start: afterwards the machine runs, or is off with nothing left."""
        slow = place.top / 'slow-qemu'
        slow.write_text('#!/bin/sh\ncase " $* " in *57ead000*) sleep 0.4;; esac\nexec /usr/bin/qemu-system-x86_64 "$@"\n'); slow.chmod(0o755)
        (place.work / 'slow.xml').write_text((place.work / 'plain.xml').read_text().replace('/usr/bin/qemu-system-x86_64', str(slow))); place.user.give(place.work)
        clean = None
        for document, moments in (('plain.xml', (0.005, 0.02, 0.04, 0.06, 0.09, 0.15)), ('slow.xml', (0.2, 0.41, 0.44, 0.48))):
            place.ok('define', document)
            for moment in moments:
                if clean is None: clean = files(place)
                import subprocess
                client = subprocess.Popen([*place.user.prefix, 'virsh', '-c', place.uri, 'start', 'plain'], env=place.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(moment)
                place.kill(); client.wait(timeout=30)
                place.restart()
                # Decided within two seconds: runs, or is off and nothing is left.
                end = time.monotonic() + 2
                while time.monotonic() < end and not (state(place).startswith('running') and len(place.machines()) == 1 or state(place).startswith('shut off') and not place.machines()): time.sleep(0.05)
                now = state(place)
                if now.startswith('running'):
                    self.assertEqual(len(place.machines()), 1, f'{document} {moment}')
                    place.ok('destroy', 'plain')
                else: self.assertRegex(now, '^shut off', f'{document} {moment}')
                until(lambda: not place.machines(), 3)
                place.ok('start', 'plain'); place.ok('destroy', 'plain')
        if clean:
            place.ok('define', 'plain.xml')
            self.assertEqual(sorted(n for n in files(place) if n.startswith('run/')), sorted(n for n in clean if n.startswith('run/')))

    def test_an_answered_define_is_on_disk(self, place):
        """The system calls: file synced, renamed, folder synced, and only then the reply."""
        if not shutil.which('strace'): self.skipTest('no strace')
        place.terminate()
        trace = place.top / 'trace'
        place.start(wrapper=['strace', '-f', '-yy', '-s', '32', '-o', str(trace), '-e', 'trace=openat,fsync,fdatasync,rename,renameat,renameat2,linkat,write,writev,sendmsg,sendto'])
        place.ok('define', 'plain.xml')
        place.terminate()
        lines = [re.sub(r'^\d+ +', '', l) for l in trace.read_text(errors='replace').splitlines()]
        # strace splits a call that another thread overtakes; its end counts.
        named = [i for i, l in enumerate(lines) if l.startswith(('rename', 'linkat')) and '57ead000-0000-4000-8000-000000000001' in l and not l.rstrip().endswith('<unfinished ...>')]
        self.assertTrue(named, 'the document comes by rename')
        last = named[-1]
        words = re.findall(r'"([^"]+)"', lines[last])
        temporary = os.path.basename(words[0])
        synced = [i for i, l in enumerate(lines[:last]) if re.match(r'f(data)?sync\(\d+<[^>]*' + re.escape(temporary), l)]
        self.assertTrue(synced, f'the file {temporary} is synced before it gets its name')
        folder = [i for i, l in enumerate(lines) if i > last and re.match(r'fsync\(\d+<' + re.escape(str(place.root / 'etc')), l)]
        self.assertTrue(folder, 'the folder is synced')
        answered = [i for i, l in enumerate(lines) if i > last and re.match(r'(write|writev|sendmsg|sendto)\(\d+<UNIX(-STREAM)?:', l)]
        self.assertTrue(answered and answered[0] > folder[0], 'the reply comes after both')

    @root_only
    def test_images_are_as_before(self, place):
        """Owner and mode of images after stop, crash, failed start, and the daemon's own death."""
        watched = [place.work / n for n in ('disk.qcow2', 'base.qcow2', 'disk.raw', 'cd.iso', 'vmlinuz', 'initrd') if (place.work / n).exists()]
        for path in watched: os.chmod(path, 0o600)
        os.chown(watched[0], 1234, 1235)
        kept = lambda: {str(p): (p.stat().st_uid, p.stat().st_gid, p.stat().st_mode) for p in watched}
        before = kept()
        place.ok('define', 'full.xml')
        place.ok('start', 'full'); place.ok('destroy', 'full')
        self.assertEqual(kept(), before, 'after stop')
        place.ok('start', 'full'); os.kill(place.machine('full'), signal.SIGKILL); until(lambda: state(place, 'full') == 'shut off (crashed)')
        self.assertEqual(kept(), before, 'after crash')
        (place.work / 'cd.iso').rename(place.work / 'cd.away')
        watched = [p for p in watched if p.name != 'cd.iso']
        self.assertNotEqual(place.virsh('start', 'full').returncode, 0)
        self.assertEqual(kept(), {k: v for k, v in before.items() if not k.endswith('cd.iso')}, 'after a failed start')
        (place.work / 'cd.away').rename(place.work / 'cd.iso')
        place.ok('start', 'full'); pid = place.machine('full')
        place.kill(); os.kill(pid, signal.SIGKILL); until(lambda: not place.machines())
        place.restart()
        until(lambda: state(place, 'full').startswith('shut off'))
        self.assertEqual(kept(), {k: v for k, v in before.items() if not k.endswith('cd.iso')}, 'after daemon and QEMU died')

    def test_a_failed_start_quotes_qemu_and_leaves_nothing(self, place):
        (place.work / 'bad.xml').write_text((place.work / 'pc.xml').read_text().replace('</domain>', "<qemu:commandline xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><qemu:arg value='-no-such-option'/></qemu:commandline></domain>"))
        place.user.give(place.work)
        place.ok('define', 'bad.xml')
        before = files(place)
        refused = place.virsh('start', 'pc')
        self.assertNotEqual(refused.returncode, 0)
        self.assertRegex(refused.stderr, r'no-such-option: invalid option')
        self.assertEqual(place.machines(), [])
        self.assertEqual(files(place), before)
        self.assertEqual(state(place, 'pc'), 'shut off (failed)')
        logs = [p for p in (place.root / 'log').rglob('*') if p.is_file()]
        text = ''.join(p.read_text(errors='replace') for p in logs)
        self.assertIn('-uuid 57ead000-0000-4000-8000-000000000003', text)
        self.assertIn('invalid option', text)

    def test_the_log_of_a_machine_is_bounded(self, place):
        place.ok('define', 'plain.xml')
        for _ in range(3): place.ok('start', 'plain'); place.ok('destroy', 'plain')
        logs = [p for p in (place.root / 'log').rglob('*') if p.is_file()]
        self.assertTrue(logs)
        self.assertLessEqual(sum(p.stat().st_size for p in logs), 8 << 20)
