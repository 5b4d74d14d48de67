from sgmbench.api import ask as ask
from sgmbench.api import baseline as baseline
from sgmbench.api import calibrate as calibrate
from sgmbench.api import check_problem as check_problem
from sgmbench.api import export as export
from sgmbench.api import init as init
from sgmbench.api import join as join
from sgmbench.api import ladder as ladder
from sgmbench.api import led as led
from sgmbench.api import plan as plan
from sgmbench.api import reproduce as reproduce
from sgmbench.api import run as run
from sgmbench.api import run_series as run_series
from sgmbench.api import show as show
from sgmbench.api import validate as validate
from sgmbench.api import verify as verify
from sgmbench.api import work_precision as work_precision

__version__: str
