#!/usr/bin/env bash
# Puts an authorizer before one method of a REST API that exists. ../README.md says more.
set -euo pipefail
: "${API:?the ID of the API}" "${RESOURCE:?the ID of the resource: aws apigateway get-resources --rest-api-id $API}"
: "${METHOD:?such as GET}" "${STAGE:?the stage, such as prod: it gets every change of the API that waits for a deployment}"
source "$(dirname "$0")/../function.sh"

authorizer=$(aws apigateway create-authorizer --rest-api-id "$API" --name "$NAME" --type TOKEN \
	--identity-source method.request.header.Authorization --authorizer-uri "$uri" \
	--authorizer-result-ttl-in-seconds 60 --query id --output text)
allow "$API" "$authorizer"

aws apigateway update-method --rest-api-id "$API" --resource-id "$RESOURCE" --http-method "$METHOD" --patch-operations \
	op=replace,path=/authorizationType,value=CUSTOM "op=replace,path=/authorizerId,value=$authorizer" >/dev/null

# A stage of a REST API stays as it is until it is deployed, and is deployed as a whole.
aws apigateway create-deployment --rest-api-id "$API" --stage-name "$STAGE" >/dev/null
printf 'authorizer %s\n' "$authorizer"
