#!/usr/bin/env bash
# Puts an authorizer before one route of an HTTP API that exists. ../README.md says more.
set -euo pipefail
: "${API:?the ID of the API}" "${ROUTE:?the ID of the route: aws apigatewayv2 get-routes --api-id $API}"
source "$(dirname "$0")/../function.sh"

# With these identity sources no answer is used for another request, whatever it hangs on.
authorizer=$(aws apigatewayv2 create-authorizer --api-id "$API" --name "$NAME" --authorizer-type REQUEST \
	--identity-source '$request.header.Authorization' '$context.httpMethod' '$context.path' '$context.routeKey' \
	--authorizer-uri "$uri" --authorizer-payload-format-version 2.0 --no-enable-simple-responses \
	--authorizer-result-ttl-in-seconds 60 --query AuthorizerId --output text)
allow "$API" "$authorizer"

# A stage with AutoDeploy, such as $default, has this at once. A stage without it stays as it
# is until: aws apigatewayv2 create-deployment --api-id $API --stage-name …
aws apigatewayv2 update-route --api-id "$API" --route-id "$ROUTE" --authorization-type CUSTOM --authorizer-id "$authorizer" >/dev/null
printf 'authorizer %s\n' "$authorizer"
