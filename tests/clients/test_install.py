"""virt-install --import, without network or pool, makes and starts machines."""
import os, re, shutil

from .cases import Case, boots, per_user
from .place import until


@per_user
class Install(Case):
    judged = True

    def install(self, place, name, *more):
        done = place.run('virt-install', '--connect', place.uri, '--import', '--name', name, '--memory', '128', '--vcpus', '1', '--virt-type', 'qemu', '--graphics', 'none',
                         '--osinfo', 'detect=off,require=off', '--noautoconsole', '--check', 'all=off', *more, timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def setUp(self):
        if not shutil.which('virt-install'): self.skipTest('no virt-install')

    def test_import_of_a_disk(self, place):
        self.install(place, 'imported', '--disk', f'path={place.work}/disk.qcow2,format=qcow2,bus=virtio', '--network', 'user,model=virtio')
        self.assertEqual(place.ok('domstate', 'imported').strip(), 'running')
        document = place.ok('dumpxml', '--inactive', 'imported')
        self.assertIn("<driver name='qemu' type='qcow2'", document)
        self.assertIn("<interface type='user'>", document)
        place.ok('destroy', 'imported'); place.ok('undefine', 'imported')

    def test_import_with_vnc_and_i440fx(self, place):
        done = place.run('virt-install', '--connect', place.uri, '--import', '--name', 'desk', '--memory', '64', '--virt-type', 'qemu', '--machine', 'pc', '--graphics', 'vnc', '--osinfo', 'detect=off,require=off',
                         '--noautoconsole', '--disk', f'path={place.work}/disk.raw,format=raw,bus=ide', '--network', 'none', '--check', 'all=off', timeout=120)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(place.ok('vncdisplay', 'desk'), r'^127\.0\.0\.1:\d+')
        place.ok('destroy', 'desk')

    @boots
    def test_boot_of_a_kernel(self, place):
        self.install(place, 'linux', '--disk', 'none', '--network', 'none', '--boot', f'kernel={place.work}/vmlinuz,initrd={place.work}/initrd,kernel_args=console=ttyS0 quiet')
        from .pty_client import Terminal
        with Terminal(place, 'virsh', '-c', place.uri, 'console', 'linux') as console:
            console.type('\r'); console.await_text(r'# ')
        place.ok('shutdown', 'linux')
        until(lambda: place.ok('domstate', 'linux').strip() == 'shut off', 20)

    def test_dry_run_prints_a_document(self, place):
        done = place.run('virt-install', '--connect', place.uri, '--import', '--name', 'dry', '--memory', '64', '--virt-type', 'qemu', '--disk', 'none', '--network', 'none', '--osinfo', 'detect=off,require=off', '--print-xml', timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('<name>dry</name>', done.stdout)
        self.assertEqual(place.ok('list', '--all', '--name').strip(), '')
