"""What a person does with virsh, as transcripts; each runs on a fresh daemon.

A scenario takes a Transcript. @scenario's arguments say what it needs beside the daemon."""
import time

from .place import kvm_works

SCENARIOS = {}


def scenario(needs=()):
    def add(function):
        SCENARIOS[function.__name__] = function; function.needs = needs
        return function
    return add


NUMBERS = [(r'(?m)=\d+$', '=N')]
NANOSECONDS = [(r'(?m)^(.*(?:time|cpu\.\w+|vcpu\.\d+\.(?:wait|delay|halted|time|exits|.*\.(?:sum|cur|max)))=)\d+$', r'\1N')]


@scenario()
def define(t):
    t.virsh('list', '--all')
    t.virsh('define', 'plain.xml')
    t.virsh('define', 'plain.xml')
    t.virsh('list', '--all')
    t.virsh('dominfo', 'plain')
    t.virsh('domstate', 'plain')
    t.virsh('domstate', '--reason', 'plain')
    t.virsh('domid', 'plain')
    t.virsh('domuuid', 'plain')
    t.virsh('domname', '57ead000-0000-4000-8000-000000000001')
    t.virsh('dumpxml', 'plain')
    t.virsh('dumpxml', '--inactive', 'plain')
    t.virsh('undefine', 'plain')
    t.virsh('undefine', 'plain')
    t.virsh('list', '--all')


@scenario()
def define_every_device(t):
    t.virsh('define', 'full.xml')
    t.virsh('dumpxml', 'full')
    t.virsh('dumpxml', '--security-info', 'full')
    t.virsh('dumpxml', '--migratable', 'full')
    t.virsh('define', 'pc.xml')
    t.virsh('dumpxml', 'pc')
    t.virsh('list', '--all', '--title')
    t.virsh('undefine', 'full')
    t.virsh('undefine', 'pc')


@scenario()
def unknown_names(t):
    for command in ('dominfo', 'domstate', 'domid', 'dumpxml', 'start', 'destroy', 'suspend', 'resume', 'shutdown', 'reboot', 'reset', 'undefine', 'domblklist',
                    'domiflist', 'dommemstat', 'vcpuinfo', 'vcpucount', 'domcontrol', 'domjobinfo', 'autostart', 'ttyconsole', 'vncdisplay', 'domdisplay', 'domstats'):
        t.virsh(command, 'nobody-knows-it')
    t.virsh('domname', '57ead000-0000-4000-8000-00000000ffff')
    t.virsh('domuuid', '7')
    t.virsh('domrename', 'nobody-knows-it', 'other')


@scenario()
def life(t):
    t.virsh('define', 'plain.xml')
    t.virsh('start', 'plain')
    t.virsh('list')
    t.virsh('domid', 'plain')
    t.virsh('domstate', '--reason', 'plain')
    t.virsh('start', 'plain')
    t.virsh('suspend', 'plain')
    t.virsh('domstate', '--reason', 'plain')
    t.virsh('suspend', 'plain')
    t.virsh('resume', 'plain')
    t.virsh('domstate', '--reason', 'plain')
    t.virsh('resume', 'plain')
    t.virsh('reset', 'plain')
    t.virsh('undefine', 'plain')
    t.virsh('list', '--all', '--transient')
    t.virsh('define', 'plain.xml')
    t.virsh('destroy', 'plain')
    t.virsh('domstate', '--reason', 'plain')
    t.virsh('destroy', 'plain')
    t.virsh('start', '--paused', 'plain')
    t.virsh('domstate', '--reason', 'plain')
    t.virsh('domid', 'plain')
    t.virsh('destroy', '--graceful', 'plain')
    t.virsh('list', '--all')


@scenario()
def not_running(t):
    t.virsh('define', 'full.xml')
    for command in ('destroy', 'suspend', 'resume', 'shutdown', 'reboot', 'reset', 'dommemstat', 'vcpuinfo', 'domcontrol', 'domjobinfo', 'ttyconsole', 'vncdisplay',
                    'domdisplay', 'domblklist', 'domiflist', 'vcpucount'):
        t.virsh(command, 'full')
    t.virsh('domstats', '--state', '--balloon', 'full')
    t.virsh('domblkstat', 'full', 'vda')
    t.virsh('domifstat', 'full', '52:54:00:57:ea:02')
    t.virsh('qemu-monitor-command', 'full', '{"execute":"query-status"}')
    t.virsh('setmem', 'full', '65536')
    t.virsh('setmem', 'full', '65536', '--live')
    t.virsh('console', 'full')


@scenario()
def transient(t):
    t.virsh('create', 'plain.xml')
    t.virsh('list', '--all')
    t.virsh('dominfo', 'plain')
    t.virsh('create', 'plain.xml')
    t.virsh('list', '--all', '--persistent')
    t.virsh('list', '--all', '--transient')
    t.virsh('autostart', 'plain')
    t.virsh('undefine', 'plain')
    t.virsh('destroy', 'plain')
    t.virsh('domstate', 'plain')
    t.virsh('create', '--paused', 'plain.xml')
    t.virsh('domstate', '--reason', 'plain')
    t.virsh('resume', 'plain')
    t.virsh('domstate', '--reason', 'plain')
    t.virsh('destroy', 'plain')
    t.virsh('list', '--all')


@scenario()
def names_and_notes(t):
    t.virsh('define', 'plain.xml')
    t.virsh('domrename', 'plain', 'fancy')
    t.virsh('list', '--all', '--name')
    t.virsh('domrename', 'fancy', 'fancy')
    t.virsh('define', 'pc.xml')
    t.virsh('domrename', 'fancy', 'pc')
    t.virsh('domrename', 'fancy', 'a/b')
    t.virsh('start', 'fancy')
    t.virsh('domrename', 'fancy', 'other')
    t.virsh('desc', 'fancy')
    t.virsh('desc', 'fancy', '--config', 'Said at rest')
    t.virsh('desc', 'fancy', '--live', 'Said at work')
    t.virsh('desc', 'fancy', '--title', 'A title', '--config')
    t.virsh('desc', 'fancy', '--title', 'Two\nlines', '--config')
    t.virsh('desc', 'fancy')
    t.virsh('desc', 'fancy', '--config')
    t.virsh('desc', 'fancy', '--title', '--config')
    t.virsh('metadata', 'fancy', 'http://example.org/x')
    t.virsh('metadata', 'fancy', 'http://example.org/x', '--key', 'x', '--set', "<note n='1'><deep/></note>", '--config')
    t.virsh('metadata', 'fancy', 'http://example.org/x', '--config')
    t.virsh('metadata', 'fancy', 'http://example.org/x')
    t.virsh('metadata', 'fancy', 'http://example.org/x', '--key', 'x', '--set', "<note/>", '--live', '--config')
    t.virsh('metadata', 'fancy', 'http://example.org/x')
    t.virsh('metadata', 'fancy', 'http://example.org/x', '--remove', '--config')
    t.virsh('metadata', 'fancy', 'http://example.org/x', '--config')
    t.virsh('destroy', 'fancy')
    t.virsh('dumpxml', 'fancy')


@scenario()
def autostart(t):
    t.virsh('define', 'plain.xml')
    t.virsh('autostart', 'plain')
    t.virsh('dominfo', 'plain')
    t.virsh('list', '--all', '--autostart')
    t.virsh('list', '--all', '--no-autostart')
    t.virsh('autostart', '--disable', 'plain')
    t.virsh('list', '--all', '--autostart')
    t.virsh('autostart', 'plain')
    t.virsh('undefine', 'plain')
    t.virsh('define', 'plain.xml')
    t.virsh('dominfo', 'plain')


@scenario()
def lists(t):
    t.virsh('define', 'plain.xml')
    t.virsh('define', 'full.xml')
    t.virsh('define', 'pc.xml')
    t.virsh('start', 'plain')
    t.virsh('start', '--paused', 'pc')
    for filters in ('', '--all', '--inactive', '--all --name', '--all --uuid', '--all --id', '--name', '--id', '--all --title', '--all --persistent', '--all --transient',
                    '--state-running', '--state-paused', '--all --state-shutoff', '--all --state-other', '--all --with-snapshot', '--all --without-snapshot',
                    '--all --with-managed-save', '--all --without-managed-save', '--all --managed-save', '--all --autostart', '--all --no-autostart',
                    '--all --with-checkpoint', '--all --without-checkpoint', '--all --uuid --name', '--all --table --name'):
        t.virsh('list', *filters.split())
    t.virsh('domrename', 'full', 'zz')
    t.virsh('list', '--all')


@scenario()
def memory(t):
    t.virsh('define', 'full.xml')
    t.virsh('setmaxmem', 'full', '262144')
    t.virsh('setmaxmem', 'full', '262144', '--config')
    t.virsh('setmem', 'full', '200000', '--config')
    t.virsh('setmem', 'full', '900000', '--config')
    t.virsh('setmem', 'full', '128M', '--config')
    t.virsh('dominfo', 'full')
    t.virsh('start', 'full')
    t.virsh('setmaxmem', 'full', '300000', '--live')
    t.virsh('setmaxmem', 'full', '300000', '--config')
    t.virsh('setmem', 'full', '900000', '--live')
    t.virsh('setmem', 'full', '100000')
    t.virsh('setmem', 'full', '100000', '--config')
    t.virsh('setmem', 'full', '0', '--config')
    t.virsh('dumpxml', 'full', '--xpath', '//memory')
    t.virsh('dumpxml', 'full', '--inactive', '--xpath', '//memory')
    t.virsh('dumpxml', 'full', '--inactive', '--xpath', '//currentMemory')
    t.virsh('destroy', 'full')
    t.virsh('dominfo', 'full')


@scenario()
def vcpus(t):
    t.virsh('define', 'full.xml')
    for options in ('', '--maximum --config', '--current --config', '--maximum --live', '--active', '--config', '--guest'):
        t.virsh('vcpucount', 'full', *options.split())
    t.virsh('setvcpus', 'full', '3', '--config')
    t.virsh('setvcpus', 'full', '5', '--config')
    t.virsh('setvcpus', 'full', '0', '--config')
    t.virsh('setvcpus', 'full', '2', '--maximum', '--config')
    t.virsh('setvcpus', 'full', '2', '--live')
    t.virsh('vcpucount', 'full')
    t.virsh('vcpuinfo', 'full', hide=[(r'(?m)^(CPU(?: Affinity)?: +).*', r'\1...')])
    t.virsh('start', 'full')
    t.virsh('vcpucount', 'full')
    t.virsh('vcpucount', 'full', '--maximum', '--live')
    t.virsh('vcpucount', 'full', '--current', '--live')
    t.virsh('vcpuinfo', 'full', hide=[(r'(?m)^(CPU(?: time| Affinity)?: +).*', r'\1...')])
    t.virsh('setvcpus', 'full', '1', '--config')
    t.virsh('vcpucount', 'full')


@scenario()
def running_document(t):
    t.virsh('define', 'full.xml')
    t.virsh('start', '--paused', 'full')
    t.virsh('dumpxml', 'full')
    t.virsh('dumpxml', '--inactive', 'full')
    t.virsh('dumpxml', '--migratable', 'full')
    t.virsh('destroy', 'full')
    t.virsh('define', 'pc.xml')
    t.virsh('start', '--paused', 'pc')
    t.virsh('dumpxml', 'pc')
    t.virsh('destroy', 'pc')
    t.virsh('dumpxml', 'pc')


@scenario()
def devices(t):
    t.virsh('define', 'full.xml')
    t.virsh('start', '--paused', 'full')
    t.virsh('domblklist', 'full')
    t.virsh('domblklist', '--details', 'full')
    t.virsh('domblklist', '--inactive', 'full')
    # What a file takes on disk is the file system's matter.
    taken = [(r'(?m)^(Allocation|Physical): .*', r'\1: N'), (r'(?m)^( (?:vda|sda|sdb) +\d+) +\d+ +\d+', r'\1 N N')]
    t.virsh('domblkinfo', 'full', 'vda', hide=taken)
    t.virsh('domblkinfo', 'full', 'sda', hide=taken)
    t.virsh('domblkinfo', 'full', 'vdz')
    t.virsh('domblkinfo', 'full', '--all', hide=taken)
    t.virsh('domblkinfo', 'full', 'vda', '--human', hide=taken)
    t.virsh('domblkstat', 'full', 'vda', hide=[(r'(?m)(_times|_total_times)\b.*', r'\1 N')])
    t.virsh('domblkstat', 'full', 'vdz')
    t.virsh('domiflist', 'full')
    t.virsh('domiflist', '--inactive', 'full')
    t.virsh('domifstat', 'full', '52:54:00:57:ea:02')
    t.virsh('domifstat', 'full', 'vnet99')
    t.virsh('domcontrol', 'full')
    t.virsh('domjobinfo', 'full')
    t.virsh('dommemstat', 'full', hide=[(r'(?m)^(rss|last_update|hugetlb\w+) \d+', r'\1 N')])
    t.virsh('ttyconsole', 'full')
    t.virsh('vncdisplay', 'full')
    t.virsh('domdisplay', 'full')
    t.virsh('domdisplay', 'full', '--type', 'spice')
    t.virsh('domdisplay', 'full', '--all')


@scenario()
def statistics(t):
    t.virsh('define', 'full.xml')
    t.virsh('define', 'plain.xml')
    # Without --cpu-total: libvirtd then counts its own time for a machine that is off.
    t.virsh('domstats', '--state', '--balloon', '--vcpu', '--interface', '--block', 'full', 'plain')
    t.virsh('start', '--paused', 'full')
    for group in ('state', 'cpu-total', 'balloon', 'vcpu', 'interface', 'block'):
        t.virsh('domstats', 'full', f'--{group}', hide=[
            (r'(?m)^(  (?:cpu|vcpu)\..*(?:time|user|system|wait|delay|halted|exits|sum|cur|max|vcpu\.\d+\.\w+\.\w+)=).*$', r'\1N'),
            (r'(?m)^(  (?:balloon\.(?:rss|last-update)|block\..*(?:times|threshold|allocation|physical))=)\d+$', r'\1N'),
            (r'(?m)^  (?:vcpu\.\d+\.(?!state|time|wait|delay|halted).*\n)', ''), (r'(?m)^  cpu\.cache.*\n', ''), (r'(?m)^  cpu\.haltpoll.*\n', '')])
    t.virsh('domstats', '--list-active', '--state')
    t.virsh('domstats', '--list-inactive', '--state')
    t.virsh('domstats', '--list-paused', '--state', 'full', 'plain')
    t.virsh('domstats', '--state', 'full', 'plain')
    t.virsh('domstats', '--enforce', '--state', 'full')


@scenario()
def monitor(t):
    t.virsh('define', 'plain.xml')
    t.virsh('start', '--paused', 'plain')
    t.virsh('qemu-monitor-command', 'plain', '{"execute":"query-status"}', hide=[(r'"id":"[^"]*"', '"id":"..."')])
    t.virsh('qemu-monitor-command', 'plain', '--pretty', '{"execute":"query-status"}', hide=[(r'"id": "[^"]*"', '"id": "..."')])
    t.virsh('qemu-monitor-command', 'plain', '--return-value', '{"execute":"query-status"}')
    t.virsh('qemu-monitor-command', 'plain', '--hmp', 'info status')
    t.virsh('qemu-monitor-command', 'plain', '--hmp', 'nonsense')
    t.virsh('qemu-monitor-command', 'plain', '{"execute":"no-such-thing"}', hide=[(r'"id":"[^"]*"', '"id":"..."')])
    t.virsh('qemu-monitor-command', 'plain', 'not json', hide=[(r'"id":"[^"]*"', '"id":"..."')])
    t.virsh('dominfo', 'plain')


@scenario()
def native(t):
    t.virsh('define', 'plain.xml')
    # The environment and the monitor's and secrets' places are each daemon's own.
    own = [(r"(?m)^.*?(/usr/bin/qemu-system)", r"\1"), (r" -object '[^']*masterKey0[^']*'", ''), (r'-chardev socket,id=charmonitor,\S+', '-chardev socket,id=charmonitor,...')]
    t.virsh('domxml-to-native', 'qemu-argv', 'plain.xml', hide=own)
    t.virsh('domxml-to-native', 'qemu-argv', '--domain', 'plain', hide=own)
    t.virsh('domxml-to-native', 'qemu-argv', 'bare.xml', hide=own)
    t.virsh('domxml-to-native', 'vmware', 'plain.xml')


@scenario()
def mistakes(t):
    """Documents with one fault each: the code and the text that scripts read. Where libvirt is short, stead may add
    place and cause; see tests/clients/faults.py for those."""
    plain = (t.place.work / 'plain.xml').read_text()

    def fault(name, old, new):
        assert old in plain, old
        (t.place.work / f'{name}.xml').write_text(plain.replace(old, new)); t.place.user.give(t.place.work)
        t.virsh('define', f'{name}.xml')

    t.virsh('define', 'plain.xml')
    fault('busy-name', '000001', '000009')
    fault('busy-uuid', '<name>plain', '<name>other')
    fault('slash', '<name>plain', '<name>a/b')
    fault('arch', "arch='x86_64'", "arch='no-such-arch'")
    fault('emulator', '/usr/bin/qemu-system-x86_64', '/no/such/emulator')
    fault('zero-memory', "unit='MiB'>64", "unit='MiB'>0")
    fault('no-uuid', '<uuid>57ead000-0000-4000-8000-000000000001</uuid>', '<uuid>not-one</uuid>')
    t.virsh('define', 'no-such-file.xml')
    t.virsh('list', '--all')


@scenario()
def missing_image(t):
    (t.place.work / 'disk.img').unlink()
    t.virsh('define', 'pc.xml')
    t.virsh('start', 'pc')
    t.virsh('domstate', '--reason', 'pc')
    t.virsh('list', '--all')


@scenario()
def migratable_cpu_modes(t):
    """Documents of the CPU modes at rest; what runs of them depends on the host (see test_host)."""
    plain = (t.place.work / 'plain.xml').read_text()
    for name, cpu in (('custom', "<cpu mode='custom' match='exact' check='none'><model fallback='forbid'>Nehalem</model><feature policy='disable' name='sse4.2'/></cpu>"),
                      ('hostmodel', "<cpu mode='host-model'/>"), ('passthrough', "<cpu mode='host-passthrough' migratable='on'/>"), ('maximum', "<cpu mode='maximum'/>")):
        text = plain.replace('<devices>', f'{cpu}<devices>').replace('<name>plain', f'<name>{name}').replace('000001', f'0001{len(name):02}')
        if name in ('hostmodel', 'passthrough'): text = text.replace("type='qemu'", "type='kvm'")
        (t.place.work / f'{name}.xml').write_text(text); t.place.user.give(t.place.work)
        t.virsh('define', f'{name}.xml')
        t.virsh('dumpxml', name, '--xpath', '/domain/cpu')


@scenario(needs=('kvm',))
def kvm_life(t):
    t.virsh('define', 'kvm.xml')
    t.virsh('start', 'kvm')
    t.virsh('dominfo', 'kvm')
    t.virsh('suspend', 'kvm')
    t.virsh('domstate', '--reason', 'kvm')
    t.virsh('destroy', 'kvm')


def usable(function):
    """Why a scenario cannot run here, or None."""
    if 'kvm' in function.needs and not kvm_works(): return 'no /dev/kvm'
    return None
