"""`sgmbench schema`."""

import sys

from sgmbench.cli.orderly import orderly


@orderly
def schema() -> None:
    """Print the JSON Schema of a configuration, by which an editor completes and checks YAML.

    An editor finds it by the first line of a configuration: # yaml-language-server: $schema=sgmbench.schema.json

    Example: sgmbench schema > sgmbench.schema.json
    """
    import json

    from sgmbench import api

    sys.stdout.write(json.dumps(api.json_schema(), indent=2) + "\n")
