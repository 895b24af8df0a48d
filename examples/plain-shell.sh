#!/usr/bin/env bash
# For any other CI, or your own machine: deploys, tests, and stops the server in the end.
#
# Needs Node 24 and a clone of this repository, whose folder ACTION names. EDGEGAP_TOKEN comes from your
# CI's secrets. Inputs are variables of the environment: INPUT_ and the name in capitals, hyphens kept.
# A shell cannot set such names, `env` can. Outputs are lines of the form name=value.
set -euo pipefail

: "${EDGEGAP_TOKEN:?}" "${ACTION:=deploy-game-server}"
log="$(mktemp)"

output() { sed -n "s/^$1=//p" "$log" | tail -n 1; }

clean_up() {
  local id
  id="$(output deployment-id)"
  rm -f "$log"
  [ -n "$id" ] || return 0
  # There is no post step here. The deploy stops by itself what failed or was cancelled; what came up
  # is stopped now.
  env INPUT_OPERATION=stop "INPUT_API-TOKEN=$EDGEGAP_TOKEN" "INPUT_DEPLOYMENT-ID=$id" \
    node "$ACTION/dist/index.js"
}
trap clean_up EXIT

env "INPUT_API-TOKEN=$EDGEGAP_TOKEN" \
  INPUT_APPLICATION=my-game \
  INPUT_VERSION=nightly \
  INPUT_TIMEOUT=5m \
  node "$ACTION/dist/index.js" | tee -i "$log"

"${TEST_COMMAND:-./ci/integration-test}" --connect "$(output address)"
