# Makes the authorizer's function, for the scripts beside it, and sets $function to its ARN.
: "${ZIP:?the archive that make has built, such as build/staticpem.zip}"
: "${ENVIRONMENT:?a JSON file with the variables of the function: README.md says how to make it}"
NAME=${NAME:-authorizer} # of the role, the log group, the function and the authorizer

stop() { printf '%s\n' "$1" >&2; exit 1; }
[ -r "$ZIP" ] || stop "$ZIP is not there"
[ -r "$ENVIRONMENT" ] || stop "$ENVIRONMENT is not there"

# The one Region for the calls and the ARNs, in the order in which the AWS CLI looks for it.
AWS_REGION=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}
export AWS_REGION=${AWS_REGION:?the Region of the API} AWS_DEFAULT_REGION=$AWS_REGION

# Lambda keeps 100 for the functions that reserve nothing. Asked first, before anything is made.
free=$(aws lambda get-account-settings --query AccountLimit.UnreservedConcurrentExecutions --output text)
[ "$free" -ge 120 ] || stop "the function reserves 20 concurrent executions and 100 have to be left, but the account has $free: raise the quota"

role=$(aws iam create-role --role-name "$NAME" --query Role.Arn --output text --assume-role-policy-document \
	'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}')
IFS=: read -r _ partition _ _ account _ <<<"$role"
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
		--principal apigateway.amazonaws.com --source-arn "arn:$partition:execute-api:$AWS_REGION:$account:$1/authorizers/$2" >/dev/null
}

uri=arn:$partition:apigateway:$AWS_REGION:lambda:path/2015-03-31/functions/$function/invocations
