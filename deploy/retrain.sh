#!/bin/sh
# Train on what the database holds by now, write the home, and put the most accurate model to use:
#
#   STORECAST_DB=URL storecast-retrain [options of `storecast run`]
#   STORECAST_DB=URL storecast-retrain weekly [options of `storecast weekly`]
#
# storecast refuses a private key that others than its user may read, and secrets are mounted readable by a group or by
# all. So the key is copied into a file of this user's own; with the container, that is gone.
set -eu
secret=${SIGNING_KEY_SECRET:-/run/secrets/signing.key}
own=$(mktemp)
if [ -n "${SIGNING_KEY:-}" ]; then # where secrets come as variables alone, as on ECS
    printf '%s\n' "$SIGNING_KEY" > "$own"
    unset SIGNING_KEY
else
    cat -- "$secret" > "$own"
fi
STORECAST_SIGNING_KEY=$own
export STORECAST_SIGNING_KEY
if [ "${1:-}" = weekly ]; then
    shift
    exec storecast weekly --home /var/lib/storecast "$@"
fi
exec storecast run --out /var/lib/storecast "$@"
