"""`python -m resnet_core`."""

import logging
import sys
from io import TextIOWrapper

from .cli import main

if isinstance(sys.stdout, TextIOWrapper):
    # files and pipes get UTF-8 everywhere; a terminal that has no "×" shows "?" rather than a traceback
    sys.stdout.reconfigure(encoding=None if sys.stdout.isatty() else "utf-8", errors="replace")
logging.getLogger("resnet_core").addHandler(logging.NullHandler())  # a refusal is one line, without its cause
sys.exit(main())
