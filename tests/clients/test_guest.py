"""A Linux guest: its console read and typed into through `virsh console`, ended and restarted as its document asks."""
import re, time

from .cases import Case, boots, per_user
from .place import until
from .pty_client import Terminal


def state(place, name='guest'): return place.virsh('domstate', '--reason', name).stdout.strip()


@per_user
class Guest(Case):
    judged = True

    @boots
    def test_console_and_shutdown(self, place):
        place.ok('define', 'guest.xml')
        place.ok('start', 'guest')
        with Terminal(place, 'virsh', '-c', place.uri, 'console', 'guest') as console:
            console.await_text('Connected to domain')
            console.await_text(r'READY\r?\n')
            cpu = console.await_text(r'cpu: (.*)\r?\n').group(1)
            self.assertIn('QEMU Virtual CPU', cpu)
            console.await_text('# ')
            console.type('echo typed-$((6 * 7)); grep -c ^processor /proc/cpuinfo; ls /sys/block\r')
            console.await_text(r'typed-42\r?\n1\r?\n')
            console.await_text('vda')
            # A second console is refused, unless it takes the place of the first.
            second = place.virsh('console', 'guest')
            self.assertNotEqual(second.returncode, 0)
            with Terminal(place, 'virsh', '-c', place.uri, 'console', '--force', 'guest') as other:
                other.await_text('Escape character is')
                time.sleep(0.3)  # until virsh has the terminal to itself
                other.type('\recho second-$((40 + 2))\r')
                other.await_text('second-42')
                self.assertEqual(other.close(), 0)
        # What the balloon driver in the guest tells.
        until(lambda: re.search(r'^usable \d+', place.ok('dommemstat', 'guest'), re.M), 10, 0.2)
        place.ok('setmem', 'guest', '98304')
        until(lambda: 'actual 98304' in place.ok('dommemstat', 'guest'), 10, 0.1)
        self.assertRegex(place.ok('shutdown', 'guest'), 'is being shutdown')
        until(lambda: state(place) == 'shut off (shutdown)', 20)
        self.assertEqual(place.machines(), [])

    @boots
    def test_reboot_by_acpi_and_from_within(self, place):
        place.ok('define', 'guest.xml')
        place.ok('start', 'guest')
        with Terminal(place, 'virsh', '-c', place.uri, 'console', 'guest') as console:
            console.await_text(r'flags \(\d+\)')
            before = place.ok('domid', 'guest')
            self.assertRegex(place.ok('reboot', 'guest'), 'is being rebooted')
            console.await_text('power button'); console.await_text(r'READY\r?\n'); console.await_text('# ')
            console.type('reboot -f\r')
            console.await_text(r'READY\r?\n'); console.await_text('# ')
            self.assertEqual(place.ok('domid', 'guest'), before)
            console.type('poweroff -f\r')
            until(lambda: state(place) == 'shut off (shutdown)', 20)

    @boots
    def test_on_reboot_destroy(self, place):
        self.end_within(place, 'reboot', '<on_reboot>restart', '<on_reboot>destroy')
        until(lambda: state(place).startswith('shut off'), 20)
        until(lambda: not place.machines(), 5)

    @boots
    def test_on_poweroff_restart(self, place):
        with self.end_within(place, 'poweroff', '<on_poweroff>destroy', '<on_poweroff>restart') as console:
            console.await_text(r'READY\r?\n'); console.await_text('# ')
        self.assertEqual(len(place.machines()), 1)

    def end_within(self, place, how, old, new):
        """Ends the guest by its own command after its document was changed; the console."""
        (place.work / 'asked.xml').write_text((place.work / 'guest.xml').read_text().replace(old, new))
        place.user.give(place.work)
        place.ok('define', 'asked.xml')
        place.ok('start', 'guest')
        console = Terminal(place, 'virsh', '-c', place.uri, 'console', 'guest')
        console.await_text(r'flags \(\d+\)'); console.await_text('# ')
        console.type(f'{how} -f\r')
        return console

    @boots
    def test_a_guest_that_keeps_its_machine_when_it_crashes(self, place):
        """on_crash=preserve needs a panic device; on_crash=restart, too."""
        text = (place.work / 'guest.xml').read_text().replace('<memballoon', "<panic model='isa'/><memballoon").replace('quiet', 'quiet panic=0')
        # The driver of the panic device is a module that the cloud kernel has not got everywhere.
        (place.work / 'panic.xml').write_text(text.replace('<on_crash>destroy', '<on_crash>preserve'))
        place.ok('define', 'panic.xml')
        place.ok('start', 'guest')
        with Terminal(place, 'virsh', '-c', place.uri, 'console', 'guest') as console:
            console.await_text(r'flags \(\d+\)'); console.await_text('# ')
            console.type('echo c > /proc/sysrq-trigger\r')
            until(lambda: state(place) == 'crashed (panicked)', 20)
        place.ok('destroy', 'guest')
