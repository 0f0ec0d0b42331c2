"""Every scenario's transcript equals what libvirtd answered on the same input."""
import os, unittest

from .place import Judge, Place, User
from .scenarios import SCENARIOS, usable
from .transcript import Transcript

MODE = os.environ.get('STEAD_TEST_JUDGE', '')


class Transcripts(unittest.TestCase):
    maxDiff = None
    judged = True


def users():
    # libvirtd answers as an ordinary user's daemon; stead both as root and as an ordinary user.
    if os.getuid() != 0: return ['self']
    return ['nobody'] if MODE else ['self', 'nobody']


def test_of(function, user):
    def test(self):
        reason = usable(function)
        if reason: self.skipTest(reason)
        with (Judge if MODE else Place)(User(user)) as place:
            transcript = Transcript(place)
            function(transcript)
            difference = transcript.check(function.__name__, record=MODE == 'record')
            if difference: self.fail(f'{function.__name__} as {user}\n{difference}')
    test.__doc__ = None
    return test


for name, function in SCENARIOS.items():
    for user in users():
        who = 'root' if user == 'self' and os.getuid() == 0 else 'user'
        setattr(Transcripts, f'test_{name}_as_{who}', test_of(function, user))
