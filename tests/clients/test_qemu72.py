"""QEMU 7.2, unpacked beside the installed one, runs a machine that names it as its emulator."""
import os, pathlib, shutil, subprocess

from .cases import Case, per_user


def unpack(folder):
    """QEMU 7.2 of Debian 12 below `folder`, or why it cannot be had."""
    cache = pathlib.Path(os.environ.get('XDG_CACHE_HOME') or os.path.join(os.environ.get('HOME', '/tmp'), '.cache')) / 'stead' / 'qemu-7.2'
    binary = 'usr/bin/qemu-system-x86_64'
    if not (cache / binary).exists():
        shown = subprocess.run(['apt-cache', 'madison', 'qemu-system-x86'], capture_output=True, text=True).stdout
        versions = [row.split('|')[1].strip() for row in shown.splitlines() if row.split('|')[1].strip().startswith('1:7.2')]
        if not versions: return 'no package of QEMU 7.2 in the package lists'
        cache.mkdir(parents=True, exist_ok=True)
        # Its loadable modules (the accelerators) lie in the package of what all architectures share.
        done = subprocess.run(['apt-get', 'download', '-qq', f'qemu-system-x86={versions[0]}', f'qemu-system-common={versions[0]}'], cwd=cache, capture_output=True, text=True)
        if done.returncode: return f'it cannot be fetched: {done.stderr.strip()}'
        for package in cache.glob('*.deb'):
            subprocess.run(['dpkg-deb', '-x', package, cache], check=True); package.unlink()
    shutil.copytree(cache, folder, symlinks=True)
    # Firmware and key maps are those that are installed for the other one.
    for name in ('share/qemu', 'share/seabios', 'lib/ipxe'):
        here, there = pathlib.Path('/usr', name), folder / 'usr' / name
        there.mkdir(parents=True, exist_ok=True)
        for entry in here.iterdir() if here.exists() else ():
            if not (there / entry.name).exists(): (there / entry.name).symlink_to(entry)
    done = subprocess.run([folder / binary, '--version'], capture_output=True, text=True)
    return None if done.returncode == 0 else f'it does not run here: {done.stderr.strip()}'


@per_user
class Qemu72(Case):
    judged = True

    def test_life_on_qemu_7_2(self, place):
        beside = place.top / 'q72'
        reason = unpack(beside)
        if reason: self.skipTest(reason)
        emulator = beside / 'usr/bin/qemu-system-x86_64'
        for name in ('plain', 'full'):
            # TCG had no x2apic then.
            text = (place.work / f'{name}.xml').read_text().replace("<feature policy='require' name='x2apic'/>", '')
            (place.work / f'{name}72.xml').write_text(text.replace('/usr/bin/qemu-system-x86_64', str(emulator)))
        place.user.give(place.top)
        for name in ('plain', 'full'):
            place.ok('define', f'{name}72.xml')
            self.assertIn('-7.2', place.ok('dumpxml', name, '--xpath', '/domain/os/type'))
            place.ok('start', name)
            self.assertEqual(os.readlink(f'/proc/{place.machine(name)}/exe'), str(emulator))
            self.assertIn('7.2', place.ok('qemu-monitor-command', name, '{"execute":"query-version"}').replace('"major":7', '7.').replace('"minor":2', '7.2'))
            place.ok('suspend', name); place.ok('resume', name)
            self.assertEqual(place.ok('domstate', '--reason', name).strip(), 'running (unpaused)')
            # (libvirtd 11.3 itself crashes at this call with QEMU 7.2.)
            if not place.judge: place.ok('domstats', name)
            place.ok('destroy', name)
        self.assertEqual(place.machines(), [])
