"""What was asked for is what QEMU (QMP) and the kernel (/proc) say there is."""
import json, os, pathlib, re

from .cases import Case, per_user, root_only
from .place import until


def qmp(place, name, command, **arguments):
    text = json.dumps({'execute': command, 'arguments': arguments} if arguments else {'execute': command})
    return json.loads(place.ok('qemu-monitor-command', name, text))['return']


def status(pid): return dict(line.split(':\t', 1) for line in pathlib.Path(f'/proc/{pid}/status').read_text().splitlines() if ':\t' in line)


@per_user
class Readback(Case):
    judged = True

    def test_devices_and_memory(self, place):
        place.ok('define', 'full.xml')
        place.ok('start', '--paused', 'full')
        self.assertEqual(qmp(place, 'full', 'query-memory-size-summary')['base-memory'], 128 << 20)
        cpus = qmp(place, 'full', 'query-cpus-fast')
        self.assertEqual(len(cpus), 2)
        self.assertEqual(len(qmp(place, 'full', 'query-hotpluggable-cpus')), 4)
        pid = place.machine('full')
        threads = {int(t.name) for t in pathlib.Path(f'/proc/{pid}/task').iterdir()}
        self.assertLessEqual({c['thread-id'] for c in cpus}, threads)
        self.assertEqual(qmp(place, 'full', 'query-uuid')['UUID'], '57ead000-0000-4000-8000-000000000002')
        self.assertEqual(qmp(place, 'full', 'query-name')['name'], 'full')
        blocks = {b['qdev'].split('/')[-1] if b.get('qdev') else b['device']: b for b in qmp(place, 'full', 'query-block')}
        images = {b['inserted']['image']['filename'] for b in blocks.values() if 'inserted' in b}
        self.assertIn(str(place.work / 'disk.qcow2'), ' '.join(images))
        chain = [b for b in blocks.values() if 'disk.qcow2' in b.get('inserted', {}).get('image', {}).get('filename', '')][0]
        self.assertIn('base.qcow2', chain['inserted']['image']['backing-image']['filename'])
        self.assertTrue([b for b in blocks.values() if b.get('inserted', {}).get('ro')], 'the CD is read-only')
        vnc = qmp(place, 'full', 'query-vnc')
        self.assertTrue(vnc['enabled'])
        self.assertEqual(place.ok('vncdisplay', 'full').strip(), f"127.0.0.1:{int(vnc['service']) - 5900}")
        self.assertIn(b'RFB 003.', first_bytes(int(vnc['service'])))
        chardevs = {c['label']: c['filename'] for c in qmp(place, 'full', 'query-chardev')}
        self.assertEqual(chardevs['charserial0'], 'pty:' + place.ok('ttyconsole', 'full').strip())
        channel = re.search(r"<source mode='bind' path='([^']*guest_agent.0)'", place.ok('dumpxml', 'full')).group(1)
        self.assertTrue(pathlib.Path(channel).is_socket())
        place.ok('resume', 'full')
        self.assertEqual(qmp(place, 'full', 'query-status')['status'], 'running')
        place.ok('suspend', 'full')
        self.assertEqual(qmp(place, 'full', 'query-status')['status'], 'paused')
        place.ok('destroy', 'full')
        until(lambda: not pathlib.Path(f'/proc/{pid}').exists(), 5)
        self.assertFalse(pathlib.Path(channel).exists())

    def test_cpu_of_the_live_document_is_what_qemu_granted(self, place):
        place.ok('define', 'full.xml')
        place.ok('start', '--paused', 'full')
        live = place.ok('dumpxml', 'full', '--xpath', '/domain/cpu')
        enabled = set()
        path = [c['qom-path'] for c in qmp(place, 'full', 'query-cpus-fast')][0]
        for name in re.findall(r"""policy=["']require["'] name=["']([^"']+)""", live):
            enabled.add(name)
            self.assertTrue(qmp(place, 'full', 'qom-get', path=path, property=name), name)
        self.assertIn('x2apic', enabled)
        for name in re.findall(r"""policy=["']disable["'] name=["']([^"']+)""", live):
            try: self.assertFalse(qmp(place, 'full', 'qom-get', path=path, property=name), name)
            except KeyError: pass
        place.ok('destroy', 'full')
        self.assertNotEqual(place.ok('dumpxml', 'full', '--xpath', '/domain/cpu'), live)

    @root_only
    def test_qemu_is_confined(self, place):
        """The system daemon's QEMU is an ordinary account's process, without capabilities, with seccomp on."""
        place.ok('define', 'full.xml')
        place.ok('start', '--paused', 'full')
        pid = place.machine('full')
        seen = status(pid)
        self.assertNotIn('0', seen['Uid'].split())
        self.assertNotIn('0', seen['Gid'].split())
        self.assertNotIn('0', seen['Groups'].split())
        self.assertEqual(int(seen['CapEff'], 16), 0)
        self.assertEqual(int(seen['CapPrm'], 16), 0)
        self.assertEqual(seen['Seccomp'], '2')
        words = pathlib.Path(f'/proc/{pid}/cmdline').read_bytes().split(b'\0')
        self.assertTrue(words[words.index(b'-sandbox') + 1].startswith(b'on'))
        place.ok('destroy', 'full')

    def test_sandbox_and_standard_streams(self, place):
        place.ok('define', 'plain.xml')
        place.ok('start', '--paused', 'plain')
        pid = place.machine('plain')
        self.assertEqual(status(pid)['Seccomp'], '2')
        self.assertEqual(os.readlink(f'/proc/{pid}/fd/0'), '/dev/null')
        self.assertTrue(os.readlink(f'/proc/{pid}/fd/2').startswith(str(place.root)), 'what QEMU says goes to its log')
        place.ok('destroy', 'plain')

    @root_only
    def test_bridge_with_a_tap(self, place):
        import subprocess
        bridge = f'st{os.getpid() % 100000}'
        if subprocess.run(['ip', 'link', 'add', bridge, 'type', 'bridge'], capture_output=True).returncode != 0: self.skipTest('no bridge can be made here')
        try:
            text = (place.work / 'plain.xml').read_text().replace('<memballoon', f"<interface type='bridge'><source bridge='{bridge}'/><mac address='52:54:00:57:ea:10'/><model type='virtio'/></interface><memballoon")
            (place.work / 'bridged.xml').write_text(text)
            place.ok('define', 'bridged.xml')
            place.ok('start', 'plain')
            row = place.ok('domiflist', 'plain').splitlines()[2].split()
            self.assertEqual(row[1:], ['bridge', bridge, 'virtio', '52:54:00:57:ea:10'])
            tap = row[0]
            self.assertEqual(os.path.basename(os.readlink(f'/sys/class/net/{tap}/master')), bridge)
            self.assertRegex(place.ok('domifstat', 'plain', tap), rf'{tap} rx_bytes \d+\n{tap} rx_packets \d+')
            self.assertIn(f'net.0.name={tap}', place.ok('domstats', '--interface', 'plain'))
            place.ok('destroy', 'plain')
            self.assertFalse(os.path.exists(f'/sys/class/net/{tap}'))
        finally:
            subprocess.run(['ip', 'link', 'del', bridge])


def first_bytes(port):
    import socket
    with socket.create_connection(('127.0.0.1', port), timeout=5) as s: return s.recv(12)
