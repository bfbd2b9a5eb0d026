# An authorizer for the $connect route of a WebSocket API that exists.

variable "api" {
  description = "The ID of the API"
  type        = string
}

variable "name" {
  description = "The name of the function, which no other function of the account and Region has, and of the authorizer"
  type        = string
  default     = "authorizer"
}

variable "archive" {
  description = "The archive that make has built, as seen from where Terraform runs"
  type        = string
  default     = "../../build/staticpem.zip"
}

variable "environment" {
  description = "What the function needs, such as JWT_ISSUER"
  type        = map(string)
}

data "aws_region" "current" {}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_iam_policy_document" "lambda" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "authorizer" {
  name_prefix        = "authorizer-"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
}

resource "aws_cloudwatch_log_group" "authorizer" {
  name_prefix       = "/aws/lambda/authorizer-"
  retention_in_days = 30
}

data "aws_iam_policy_document" "log" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.authorizer.arn}:*"]
  }
}

resource "aws_iam_role_policy" "log" {
  role   = aws_iam_role.authorizer.id
  policy = data.aws_iam_policy_document.log.json
}

resource "aws_lambda_function" "authorizer" {
  function_name    = var.name
  role             = aws_iam_role.authorizer.arn
  filename         = var.archive
  source_code_hash = filebase64sha256(var.archive)
  runtime          = "provided.al2023"
  architectures    = ["arm64"]
  handler          = "authorizer"
  memory_size      = 128
  timeout          = 5

  # However many forged tokens come, the account's other functions go on.
  reserved_concurrent_executions = 20

  environment {
    variables = var.environment
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.authorizer.name
  }
}

resource "aws_apigatewayv2_authorizer" "main" {
  api_id           = var.api
  name             = var.name
  authorizer_type  = "REQUEST"
  identity_sources = ["route.request.header.Authorization"]
  authorizer_uri   = aws_lambda_function.authorizer.invoke_arn
}

resource "aws_lambda_permission" "authorizer" {
  function_name = aws_lambda_function.authorizer.function_name
  action        = "lambda:InvokeFunction"
  principal     = "apigateway.amazonaws.com"
  source_arn    = "arn:${data.aws_partition.current.partition}:execute-api:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${var.api}/authorizers/${aws_apigatewayv2_authorizer.main.id}"
}

output "authorizer" {
  value = aws_apigatewayv2_authorizer.main.id
}
