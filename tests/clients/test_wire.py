"""The socket itself: who may do what, what is not served, many clients, streams that end."""
import os, socket, struct, subprocess, time

from .cases import Case, per_user, root_only
from .place import NOBODY, User, until


def connect(path):
    s = socket.socket(socket.AF_UNIX); s.settimeout(10); s.connect(str(path)); return s


@per_user
class Wire(Case):
    def test_the_read_only_socket_changes_nothing(self, place):
        place.ok('define', 'plain.xml')
        uri = f'qemu+unix:///system?socket={place.readonly_socket}'
        for words, code in ((('list', '--all'), 0), (('dumpxml', 'plain'), 0), (('domstate', 'plain'), 0), (('start', 'plain'), 1), (('undefine', 'plain'), 1), (('dumpxml', '--security-info', 'plain'), 1)):
            done = place.run('virsh', '-r', '-c', uri, *words)
            self.assertEqual(done.returncode, code, (words, done.stderr))
            if code: self.assertRegex(done.stderr, 'read only access prevents|operation forbidden')
        # A client that only says it reads is held to it on the other socket, too.
        done = place.run('virsh', '-r', '-c', place.uri, 'start', 'plain')
        self.assertEqual(done.returncode, 1)

    @root_only
    def test_a_stranger_is_refused(self, place):
        stranger = User('nobody')
        os.chmod(place.root / 'run', 0o755)
        done = subprocess.run([*stranger.prefix, 'virsh', '-c', place.uri, 'list'], env=place.environment(), capture_output=True, text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(NOBODY, stranger.uid)

    def test_what_is_not_served_says_so_in_libvirts_words(self, place):
        place.ok('define', 'plain.xml')
        for words in (('pool-list',), ('net-list',), ('snapshot-list', 'plain'), ('nodedev-list',)):
            done = place.virsh(*words)
            if done.returncode: self.assertRegex(done.stderr, r'this function is not supported by the connection driver: vir\w+|not supported', words)

    def test_bytes_of_no_sense(self, place):
        for bytes_sent in (b'\0\0\0\0', b'\xff\xff\xff\xff', struct.pack('>I', 27) + bytes(23), struct.pack('>IIIIIII', 28, 0xdeadbeef, 1, 1, 0, 0, 0), b'GET / HTTP/1.0\r\n\r\n', bytes(4096)):
            with connect(place.socket) as s:
                s.sendall(bytes_sent); s.shutdown(socket.SHUT_WR)
                end = time.monotonic() + 10
                while time.monotonic() < end and s.recv(4096): pass
        place.ok('list')

    def test_a_hundred_clients_at_once(self, place):
        place.ok('define', 'plain.xml')
        silent = [connect(place.socket) for _ in range(300)]
        clients = [subprocess.Popen([*place.user.prefix, 'virsh', '-c', place.uri, 'list', '--all', '--name'], env=place.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) for _ in range(60)]
        for client in clients: self.assertEqual((client.communicate(timeout=60)[0].strip(), client.returncode), (b'plain', 0))
        for s in silent: s.close()

    def test_a_client_that_dies_takes_its_machine_along_if_asked(self, place):
        code = 'import libvirt,sys,os; c=libvirt.open(sys.argv[1]); c.createXML(open("plain.xml").read(), libvirt.VIR_DOMAIN_START_AUTODESTROY); print("up",flush=True); os._exit(0) if sys.stdin.readline() else 0'
        process = subprocess.Popen([*place.user.prefix, '/usr/bin/python3', '-c', code, place.uri], env=place.environment(), cwd=place.work, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.assertEqual(process.stdout.readline(), 'up\n')
        self.assertEqual(len(place.machines()), 1)
        process.communicate('\n', timeout=20)
        until(lambda: not place.machines(), 5)

    def test_five_calls_in_flight_and_answers_out_of_order(self, place):
        place.ok('define', 'plain.xml'); place.ok('start', 'plain')
        code = '''
import libvirt, sys, threading, time
libvirt.registerErrorHandler(lambda *a: None, None)
c = libvirt.open(sys.argv[1]); d = c.lookupByName('plain'); names = []
ts = [threading.Thread(target=lambda: [names.append(c.getAllDomainStats()[0][0].name()) for _ in range(50)]) for _ in range(8)]
[t.start() for t in ts]; [t.join() for t in ts]; print(len(names), set(names))'''
        self.assertEqual(place.run('/usr/bin/python3', '-c', code, place.uri).stdout, "400 {'plain'}\n")

    def test_keepalive_and_close_callback(self, place):
        code = '''
import libvirt, sys, threading, time
libvirt.virEventRegisterDefaultImpl()
threading.Thread(target=lambda: [libvirt.virEventRunDefaultImpl() for _ in iter(int, 1)], daemon=True).start()
c = libvirt.open(sys.argv[1]); c.registerCloseCallback(lambda conn, reason, _: print('closed', reason, flush=True), None)
c.setKeepAlive(1, 3); time.sleep(2.5); print('alive', c.isAlive(), flush=True); sys.stdin.readline(); time.sleep(1)'''
        process = subprocess.Popen([*place.user.prefix, '/usr/bin/python3', '-c', code, place.uri], env=place.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.assertEqual(process.stdout.readline(), 'alive 1\n')
        place.kill()
        self.assertRegex(process.communicate('\n', timeout=20)[0], 'closed [12]')

    def test_a_session_client_starts_us_under_libvirts_name(self, place):
        """LIBVIRTD_PATH names the folder with our `libvirtd`; --timeout ends it again."""
        place.terminate()
        folder = place.top / 'bin'; folder.mkdir()
        place.command(); os.link(place.top / 'stead', folder / 'libvirtd')
        run = place.top / 'x'; run.mkdir(); place.user.give(place.top)
        if place.user.is_root: self.skipTest("root's client asks for the system daemon")
        env = place.environment() | {'LIBVIRT_AUTOSTART': '1', 'LIBVIRTD_PATH': str(folder), 'XDG_RUNTIME_DIR': str(run), 'XDG_CONFIG_HOME': str(run / 'c'), 'XDG_CACHE_HOME': str(run / 'k'), 'XDG_DATA_HOME': str(run / 'd'), 'XDG_STATE_HOME': str(run / 's')}
        done = subprocess.run([*place.user.prefix, 'virsh', '-c', 'qemu:///session', 'uri'], env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        self.assertEqual((done.returncode, done.stdout.strip()), (0, 'qemu:///session'), done.stderr)

    def test_idle_timeout_ends_the_daemon(self, place):
        place.terminate()
        command = place.command
        place.command = lambda: [*command(), '--timeout', '1']
        place.start()
        place.ok('define', 'plain.xml')
        self.assertEqual(place.process.wait(timeout=15), 0)
        place.start()
        place.ok('start', 'plain')
        time.sleep(2.5)
        self.assertIsNone(place.process.poll(), 'a machine runs')
