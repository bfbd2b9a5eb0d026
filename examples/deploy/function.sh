# Makes the authorizer's function, for the scripts beside it, and sets $function to its ARN.
: "${ZIP:?the archive that make has built, such as ../build/staticpem.zip}"
: "${ENVIRONMENT:?a file with the function\'s environment, as JSON: {\"Variables\": {…}}}"
NAME=${NAME:-authorizer}

caller=$(aws sts get-caller-identity --query Arn --output text)
IFS=: read -r _ partition _ _ account _ <<<"$caller"
region=$(aws configure get region || true)
region=${AWS_REGION:-${region:?set AWS_REGION}}

role=$(aws iam create-role --role-name "$NAME" --query Role.Arn --output text --assume-role-policy-document \
	'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}')
aws iam attach-role-policy --role-name "$NAME" --policy-arn "arn:$partition:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"
aws iam wait role-exists --role-name "$NAME"
sleep "${PAUSE:-10}" # Lambda may not see the role at once

aws logs create-log-group --log-group-name "/aws/lambda/$NAME"
aws logs put-retention-policy --log-group-name "/aws/lambda/$NAME" --retention-in-days 30

function=$(aws lambda create-function --function-name "$NAME" --role "$role" --zip-file "fileb://$ZIP" \
	--runtime provided.al2023 --architectures arm64 --handler authorizer --memory-size 128 --timeout 5 \
	--environment "file://$ENVIRONMENT" --query FunctionArn --output text)

# However many forged tokens come, the account's other functions go on.
aws lambda put-function-concurrency --function-name "$NAME" --reserved-concurrent-executions 20 >/dev/null

# allow lets an authorizer of the API call the function, and nobody else.
allow() {
	aws lambda add-permission --function-name "$NAME" --statement-id "$1-$2" --action lambda:InvokeFunction \
		--principal apigateway.amazonaws.com --source-arn "arn:$partition:execute-api:$region:$account:$1/authorizers/$2" >/dev/null
}

uri=arn:$partition:apigateway:$region:lambda:path/2015-03-31/functions/$function/invocations
