#!/usr/bin/env bash
# Puts an authorizer before one method of a REST API that exists. ../README.md says more.
set -euo pipefail
: "${API:?the ID of the API}" "${RESOURCE:?the ID of the resource: aws apigateway get-resources --rest-api-id $API}"
: "${METHOD:?such as GET}" "${STAGE:?the stage, such as prod}"
source "$(dirname "$0")/../function.sh"

authorizer=$(aws apigateway create-authorizer --rest-api-id "$API" --name "$NAME" --type TOKEN \
	--identity-source method.request.header.Authorization --authorizer-uri "$uri" \
	--authorizer-result-ttl-in-seconds 60 --query id --output text)
allow "$API" "$authorizer"

aws apigateway update-method --rest-api-id "$API" --resource-id "$RESOURCE" --http-method "$METHOD" --patch-operations \
	op=replace,path=/authorizationType,value=CUSTOM "op=replace,path=/authorizerId,value=$authorizer" >/dev/null

# So that a page can read a refusal, and knows why.
aws apigateway put-gateway-response --rest-api-id "$API" --response-type UNAUTHORIZED --status-code 401 --response-parameters \
	"{\"gatewayresponse.header.WWW-Authenticate\": \"'Bearer'\", \"gatewayresponse.header.Access-Control-Allow-Origin\": \"'*'\"}" >/dev/null
for response in DEFAULT_4XX DEFAULT_5XX; do
	aws apigateway put-gateway-response --rest-api-id "$API" --response-type "$response" --response-parameters \
		"{\"gatewayresponse.header.Access-Control-Allow-Origin\": \"'*'\"}" >/dev/null
done

# A REST API goes on as it was until it is deployed.
aws apigateway create-deployment --rest-api-id "$API" --stage-name "$STAGE" >/dev/null
aws apigateway update-stage --rest-api-id "$API" --stage-name "$STAGE" --patch-operations \
	'op=replace,path=/*/*/throttling/rateLimit,value=50' 'op=replace,path=/*/*/throttling/burstLimit,value=100' >/dev/null
printf 'authorizer %s\n' "$authorizer"
