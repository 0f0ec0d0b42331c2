"""What is told of the host: the same as libvirtd tells here (where it is installed), and as the kernel tells."""
import os, pathlib, re

from .cases import Case, per_user
from .place import Judge, User, has_judge, kvm_works


def words(text): return text.split()


@per_user
class Host(Case):
    def test_node_by_the_kernel(self, place):
        node = dict(l.split(':', 1) for l in place.ok('nodeinfo').strip().splitlines())
        online = sum(1 for l in pathlib.Path('/proc/cpuinfo').read_text().splitlines() if l.startswith('processor'))
        self.assertEqual(int(node['CPU(s)']), online)
        self.assertEqual(node['CPU model'].strip(), 'x86_64')
        # As libvirt counts: what the NUMA nodes have.
        total = sum(int(re.search(r'MemTotal: +(\d+)', p.read_text()).group(1)) for p in pathlib.Path('/sys/devices/system/node').glob('node*/meminfo'))
        if total: self.assertAlmostEqual(int(node['Memory size'].split()[0]), total, delta=total // 50)
        self.assertEqual(place.ok('hostname').strip(), os.uname().nodename if '.' in os.uname().nodename else place.ok('hostname').strip())
        self.assertRegex(place.ok('nodememstats'), r'total *: +\d+ KiB')
        self.assertRegex(place.ok('nodecpustats'), r'(?m)^user: +\d+')
        self.assertRegex(place.ok('nodecpustats', '--percent'), r'usage: +\d+\.\d%')
        self.assertRegex(place.ok('freecell'), r'Total: \d+ KiB')
        self.assertRegex(place.ok('freecell', '--all'), r'(?m)^Total: +\d+ KiB')
        self.assertRegex(place.ok('version'), r'Running hypervisor: QEMU \d+\.\d+\.\d+')
        self.assertRegex(place.ok('maxvcpus', '--type', 'qemu'), r'^\d+')

    def test_as_libvirtd_says(self, place):
        if not has_judge(): self.skipTest('libvirtd is not installed')
        with Judge(User('nobody' if os.getuid() == 0 else 'self')) as judge:
            for command in (('nodeinfo',), ('nodecpumap',), ('nodecpumap', '--pretty'), ('hostname',), ('maxvcpus', '--type', 'qemu'), ('cpu-models', 'x86_64'), ('sysinfo',), ('freepages', '--all'), ('capabilities', '--xpath', '/capabilities/guest/arch/@name'),
                            ('capabilities', '--xpath', '/capabilities/host/topology/cells/@num'), ('capabilities', '--xpath', '/capabilities/host/cpu/model'), ('capabilities', '--xpath', '/capabilities/host/cpu/vendor'),
                            ('capabilities', '--xpath', '/capabilities/host/cpu/feature'), ('capabilities', '--xpath', '/capabilities/host/cpu/topology')):
                with self.subTest(' '.join(command)):
                    if command[0] == 'sysinfo' and not place.user.is_root: continue
                    mine, theirs = place.virsh(*command), judge.virsh(*command)
                    if command[0] in ('sysinfo', 'freepages'):
                        continue
                    # libvirtd asks dmidecode or the kernel for the clock: it may have moved between the two.
                    clock = lambda s: re.sub(r'CPU frequency: .*|MHz=.\d+.', '', s)
                    self.assertEqual((mine.returncode, clock(mine.stdout), mine.stderr), (theirs.returncode, clock(theirs.stdout), theirs.stderr))

    def test_domain_capabilities_as_libvirtd_says(self, place):
        if not has_judge(): self.skipTest('libvirtd is not installed')
        with Judge(User('nobody' if os.getuid() == 0 else 'self')) as judge:
            for virt in ('qemu', 'kvm'):
                if virt == 'kvm' and not kvm_works(): continue
                for machine in ('q35', 'pc'):
                    for path in ('/domainCapabilities/path', '/domainCapabilities/domain', '/domainCapabilities/machine', '/domainCapabilities/vcpu', '/domainCapabilities/os', '/domainCapabilities/devices/disk',
                                 '/domainCapabilities/devices/graphics', '/domainCapabilities/devices/video', '/domainCapabilities/devices/rng', "/domainCapabilities/cpu/mode[@name='host-model']/model",
                                 "/domainCapabilities/cpu/mode[@name='host-model']/vendor", "/domainCapabilities/cpu/mode[@name='custom']/model[@usable='yes']", '/domainCapabilities/features/hyperv'):
                        with self.subTest(f'{virt} {machine} {path}'):
                            command = ('domcapabilities', '--virttype', virt, '--machine', machine, '--xpath', path)
                            self.assertEqual(place.virsh(*command).stdout, judge.virsh(*command).stdout)

    def test_cpu_modes_start_on_kvm(self, place):
        """custom, host-model, host-passthrough and maximum start, even where KVM makes `-cpu host` abort."""
        if not kvm_works(): self.skipTest('no /dev/kvm')
        text = (place.work / 'kvm.xml').read_text()
        for name, cpu in (('custom', "<cpu mode='custom' match='exact' check='none'><model fallback='allow'>qemu64</model></cpu>"), ('model', "<cpu mode='host-model'/>"),
                          ('passthrough', "<cpu mode='host-passthrough'/>"), ('maximum', "<cpu mode='maximum'/>")):
            with self.subTest(name):
                (place.work / 'mode.xml').write_text(text.replace('<devices>', cpu + '<devices>', 1)); place.user.give(place.work)
                place.ok('define', 'mode.xml')
                place.ok('start', 'kvm')
                live = place.ok('dumpxml', 'kvm', '--xpath', '/domain/cpu')
                if name in ('custom', 'model'): self.assertRegex(live, r"""mode=["']custom["']""")
                place.ok('dominfo', 'kvm')
                place.ok('destroy', 'kvm')
                self.assertNotIn('check="full"', place.ok('dumpxml', 'kvm', '--xpath', '/domain/cpu'))

    def test_cpu_modes_start_on_tcg(self, place):
        text = (place.work / 'plain.xml').read_text()
        for name, cpu in (('custom', "<cpu mode='custom' match='exact'><model>Nehalem</model></cpu>"), ('model', "<cpu mode='host-model'/>"), ('maximum', "<cpu mode='maximum'/>")):
            with self.subTest(name):
                (place.work / 'mode.xml').write_text(text.replace('<devices>', cpu + '<devices>', 1)); place.user.give(place.work)
                place.ok('define', 'mode.xml'); place.ok('start', 'plain')
                place.ok('destroy', 'plain')

    def test_a_feature_that_cannot_be_had_is_refused(self, place):
        cpu = "<cpu mode='custom' match='exact' check='full'><model>qemu64</model><feature policy='require' name='avx512f'/></cpu>"
        (place.work / 'refused.xml').write_text((place.work / 'plain.xml').read_text().replace('<devices>', cpu + '<devices>', 1)); place.user.give(place.work)
        place.ok('define', 'refused.xml')
        refused = place.virsh('start', 'plain')
        self.assertEqual(refused.returncode, 1)
        self.assertRegex(refused.stderr, 'avx512f')
        self.assertEqual(place.machines(), [])
