"""What holds for every test, on a slow machine and in a background job, too."""

import signal

from hypothesis import settings

# No verdict depends on how fast the machine is.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# A job in the background is started with SIGINT ignored, and so would be all that tests start:
# those that interrupt a program would wait for ever.
signal.signal(signal.SIGINT, signal.default_int_handler)
