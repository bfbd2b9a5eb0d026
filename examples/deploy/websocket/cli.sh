#!/usr/bin/env bash
# Puts an authorizer before the $connect route of a WebSocket API that exists. ../README.md
# says more.
set -euo pipefail
: "${API:?the ID of the API}" "${ROUTE:?the ID of \$connect: aws apigatewayv2 get-routes --api-id $API}"
: "${STAGE:?the stage, such as prod: it gets every change of the API that waits for a deployment}"
source "$(dirname "$0")/../function.sh"

# A page cannot send this header with a handshake: it needs a cookie, or a parameter of the
# query string, which ends up in logs and so has to be good for one minute and one use.
authorizer=$(aws apigatewayv2 create-authorizer --api-id "$API" --name "$NAME" --authorizer-type REQUEST \
	--identity-source route.request.header.Authorization --authorizer-uri "$uri" --query AuthorizerId --output text)
allow "$API" "$authorizer"

aws apigatewayv2 update-route --api-id "$API" --route-id "$ROUTE" --authorization-type CUSTOM --authorizer-id "$authorizer" >/dev/null
aws apigatewayv2 create-deployment --api-id "$API" --stage-name "$STAGE" >/dev/null
printf 'authorizer %s\n' "$authorizer"
