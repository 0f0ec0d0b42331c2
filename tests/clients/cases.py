"""Classes that run each test for every user who can be had: root and nobody, or just oneself."""
import os, unittest

from .place import Judge, Place, User, guest
from .test_transcripts import MODE, users


def per_user(cls):
    """Replaces each test_x(self, place) by test_x_as_root and test_x_as_user."""
    for name in [n for n in vars(cls) if n.startswith('test_')]:
        function = getattr(cls, name)
        delattr(cls, name)
        for user in users():
            who = 'root' if user == 'self' and os.getuid() == 0 else 'user'

            def test(self, function=function, user=user):
                kind = Judge if MODE else Place
                if getattr(function, 'root_only', False) and not User(user).is_root: self.skipTest('only root can')
                if getattr(function, 'boots', False) and not guest(): self.skipTest('no guest: scripts/guest makes it')
                with kind(User(user)) as place: function(self, place)
            setattr(cls, f'{name}_as_{who}', test)
    return cls


def root_only(function):
    function.root_only = True
    return function


def boots(function):
    """The test boots the Linux guest."""
    function.boots = True
    return function


class Case(unittest.TestCase):
    maxDiff = None
