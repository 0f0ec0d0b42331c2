"""Private daemons for tests: stead, or libvirtd as the judge, each under a folder of its own with short paths."""
import contextlib, grp, os, pathlib, shutil, signal, subprocess, tempfile, time

TOP = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = TOP / 'tests' / 'documents'
NOBODY = 65534


def stead_binary():
    """The binary under test: $STEAD_BINARY, else the newest that cargo built."""
    named = os.environ.get('STEAD_BINARY')
    if named: return pathlib.Path(named)
    target = pathlib.Path(os.environ.get('CARGO_TARGET_DIR', TOP / 'target'))
    built = [p for p in (target / 'debug' / 'stead', target / 'release' / 'stead') if p.exists()]
    if not built: raise SystemExit('no stead binary: cargo build -p stead, or STEAD_BINARY=...')
    return max(built, key=lambda p: p.stat().st_mtime)


def guest():
    """The folder with the test guest's vmlinuz and initrd, or None."""
    named = os.environ.get('STEAD_GUEST')
    home = os.environ.get('XDG_CACHE_HOME') or os.path.join(os.environ.get('HOME', '/tmp'), '.cache')
    folder = pathlib.Path(named) if named else pathlib.Path(home) / 'stead' / 'guest'
    return folder if (folder / 'initrd').exists() else None


def kvm_works():
    """Can this machine start KVM at all? (That says nothing of what a guest then meets.)"""
    return os.access('/dev/kvm', os.R_OK | os.W_OK)


class User:
    """Who runs the daemon and the clients. Root may also be nobody."""

    def __init__(self, name='self'):
        self.name = name
        self.uid = NOBODY if name == 'nobody' else os.getuid()
        self.prefix = []
        if name == 'nobody' and os.getuid() == 0:
            try: groups = [f'--groups={grp.getgrnam("kvm").gr_gid}']
            except KeyError: groups = ['--clear-groups']
            self.prefix = ['setpriv', f'--reuid={NOBODY}', f'--regid={NOBODY}', *groups]

    @property
    def is_root(self): return self.uid == 0

    def give(self, path):
        """Makes `path` (a tree) this user's."""
        if not self.prefix: return
        for at, folders, files in os.walk(path):
            for name in [at] + [os.path.join(at, f) for f in folders + files]: os.chown(name, NOBODY, NOBODY, follow_symlinks=False)


class Place:
    """A private folder with a daemon in it. `with Place(User()) as place: place.virsh('list')`."""
    judge = False

    def __init__(self, user, verbose=False, config=None):
        self.user = user
        self.top = pathlib.Path(tempfile.mkdtemp(prefix='st.', dir='/tmp'))
        # Clients and QEMU's own account must be able to walk through.
        os.chmod(self.top, 0o755)
        self.root = self.top / 'r'
        self.work = self.top / 'w'
        self.root.mkdir(); self.work.mkdir()
        for document in DOCUMENTS.glob('*.xml'): shutil.copy(document, self.work)
        self.files()
        self.process = None
        self.verbose = verbose
        self.config = config

    def files(self):
        """The images and the guest that documents name, by paths below $TOP."""
        subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', self.work / 'base.qcow2', '64M'], check=True)
        subprocess.run(['qemu-img', 'create', '-q', '-f', 'qcow2', '-b', self.work / 'base.qcow2', '-F', 'qcow2', self.work / 'disk.qcow2'], check=True)
        for name in ('disk.raw', 'disk.img'): subprocess.run(['qemu-img', 'create', '-q', '-f', 'raw', self.work / name, '8M'], check=True)
        (self.work / 'cd.iso').write_bytes(bytes(2 * 1024 * 1024))
        if guest():
            for name in ('vmlinuz', 'initrd'): shutil.copy(guest() / name, self.work)
        for document in self.work.glob('*.xml'):
            document.write_text(document.read_text().replace('@TOP@', str(self.work)))
        self.user.give(self.top)

    @property
    def socket(self): return self.root / 'run' / 'libvirt-sock'
    @property
    def readonly_socket(self): return self.root / 'run' / 'libvirt-sock-ro'
    @property
    def uri(self): return f'qemu+unix:///system?socket={self.socket}'
    @property
    def log(self): return self.top / 'daemon.log'

    def environment(self):
        keep = {k: os.environ[k] for k in ('PATH', 'RUST_BACKTRACE', 'STEAD_FAILPOINT') if k in os.environ}
        keep['PATH'] = keep.get('PATH', '') + ':/usr/sbin:/sbin'
        return keep | {'HOME': str(self.top), 'LANG': 'C.UTF-8', 'LC_ALL': 'C.UTF-8', 'LIBVIRT_AUTOSTART': '0', 'STEAD_TEST': str(self.top)}

    def command(self):
        binary = self.top / 'stead'
        if not binary.exists():
            # nobody cannot walk to a checkout in root's home.
            try: os.link(stead_binary(), binary)
            except OSError: shutil.copy(stead_binary(), binary)
            os.chmod(binary, 0o755)
        command = [str(binary), 'daemon', '--root', str(self.root)]
        if self.config: command += ['--config', str(self.config)]
        return command + (['--verbose'] if self.verbose else [])

    def start(self, wait=True, wrapper=()):
        """Starts the daemon and waits until its socket answers."""
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen([*self.user.prefix, *wrapper, *self.command()], env=self.environment(), cwd=self.work,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        if wait: self.await_socket()
        return self

    def await_socket(self, seconds=20):
        import socket
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None: raise RuntimeError(f'the daemon ended: {self.said()[-2000:]}')
            with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as s:
                s.connect(str(self.socket)); return
            time.sleep(0.005)
        raise RuntimeError(f'no socket {self.socket}: {self.said()[-2000:]}')

    def said(self):
        """All that the daemon logged."""
        return self.log.read_text(errors='replace') if self.log.exists() else ''

    def daemon_pid(self):
        """The daemon itself, below a wrapper such as strace."""
        for pid in [self.process.pid, *children(self.process.pid)]:
            with contextlib.suppress(OSError):
                if pathlib.Path(f'/proc/{pid}/cmdline').read_bytes().split(b'\0')[0].decode().endswith(self.command()[0]): return pid
        return self.process.pid

    def terminate(self):
        # The daemon, not a wrapper such as strace, which ends with it.
        with contextlib.suppress(ProcessLookupError): os.kill(self.daemon_pid(), signal.SIGTERM)
        return self.process.wait(timeout=20)

    def kill(self):
        """kill -9, as a crash."""
        os.kill(self.daemon_pid(), signal.SIGKILL); self.process.wait(timeout=20)

    def restart(self):
        self.start()

    def run(self, *argv, input=None, timeout=60, env=()):
        """Runs a client as this place's user in the folder of documents."""
        return subprocess.run([*self.user.prefix, *map(str, argv)], env=self.environment() | {'LIBVIRT_DEFAULT_URI': self.uri} | dict(env), cwd=self.work,
                              stdin=subprocess.DEVNULL if input is None else None, input=input, capture_output=True, text=True, errors='replace', timeout=timeout)

    def virsh(self, *argv, **more):
        return self.run('virsh', '-c', self.uri, *argv, **more)

    def ok(self, *argv, **more):
        """virsh that must succeed; its output."""
        done = self.virsh(*argv, **more)
        assert done.returncode == 0, f'virsh {" ".join(map(str, argv))}: {done.stderr}{done.stdout}'
        return done.stdout

    def machines(self):
        """PIDs of the QEMUs of this place: known by what they hold open or by their command line."""
        found = []
        mark = str(self.top)
        for proc in pathlib.Path('/proc').glob('[0-9]*'):
            with contextlib.suppress(OSError, ValueError):
                words = (proc / 'cmdline').read_bytes().split(b'\0')
                if b'qemu-system' not in words[0] and not any(b'-uuid' == w for w in words): continue
                held = [b' '.join(words).decode(errors='replace')]
                for link in (proc / 'fd').glob('*'):
                    with contextlib.suppress(OSError): held.append(os.readlink(link))
                if any(mark in h for h in held) or mark.encode() in (proc / 'environ').read_bytes(): found.append(int(proc.name))
        return sorted(found)

    def machine(self, name):
        """The PID of the QEMU of the machine `name`, or None."""
        for pid in self.machines():
            words = pathlib.Path(f'/proc/{pid}/cmdline').read_bytes().split(b'\0')
            if any(w.startswith(f'guest={name},'.encode()) or w == f'guest={name}'.encode() for w in words): return pid
        return None

    def __enter__(self): return self.start()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired): self.terminate()
            if self.process.poll() is None: self.kill()
        for pid in self.machines():
            with contextlib.suppress(OSError): os.kill(pid, signal.SIGCONT); os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.top, ignore_errors=True)


class Judge(Place):
    """libvirtd as an ordinary user's session daemon, wholly below the place's folder."""
    judge = True

    def __init__(self, user, verbose=False, config=None):
        super().__init__(user, verbose)
        for name in ('run', 'config/libvirt', 'data'): (self.root / name).mkdir(parents=True)
        (self.root / 'config/libvirt/qemu.conf').write_text('stdio_handler = "file"\n')
        # Probing QEMU takes seconds and depends on the binary only: kept between tests.
        cache = pathlib.Path(f'/tmp/stead-judge-cache.{user.uid}')
        cache.mkdir(exist_ok=True, mode=0o700)
        if user.prefix: os.chown(cache, NOBODY, NOBODY)
        (self.root / 'cache').symlink_to(cache)
        self.user.give(self.root)

    @property
    def socket(self): return self.root / 'run/libvirt/libvirt-sock'
    @property
    def uri(self): return f'qemu+unix:///session?socket={self.socket}'

    def environment(self):
        return super().environment() | {f'XDG_{n}': str(self.root / d) for n, d in (('RUNTIME_DIR', 'run'), ('CONFIG_HOME', 'config'), ('CACHE_HOME', 'cache'), ('DATA_HOME', 'data'))}

    def command(self): return [shutil.which('libvirtd', path=self.environment()['PATH']) or 'libvirtd']


def children(pid):
    found = []
    for stat in pathlib.Path('/proc').glob('[0-9]*/stat'):
        with contextlib.suppress(OSError, IndexError):
            if int(stat.read_text().rsplit(')', 1)[1].split()[1]) == pid: found += [int(stat.parent.name), *children(int(stat.parent.name))]
    return found


def has_judge():
    return shutil.which('libvirtd', path=os.environ.get('PATH', '') + ':/usr/sbin') is not None


def until(condition, seconds=10, every=0.01):
    """Waits for a condition; its value, or a failure."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value: return value
        assert time.monotonic() < end, f'not within {seconds} s'
        time.sleep(every)
