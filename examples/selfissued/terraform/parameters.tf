# API Gateway makes no authorizer for an issuer that it cannot read. So nobody learns its name
# before it can be read.
data "http" "published" {
  for_each = aws_s3_object.published
  url      = "${local.issuer}/${each.value.key}"

  retry {
    attempts     = 10
    min_delay_ms = 10000
  }

  lifecycle {
    postcondition {
      condition     = self.status_code == 200
      error_message = "${self.url} answers ${self.status_code}."
    }
    postcondition {
      condition     = try(jsondecode(self.response_body).issuer, local.issuer) == local.issuer
      error_message = "${self.url} is of another issuer: run \"keys publish -issuer ${local.issuer}\"."
    }
    postcondition {
      condition     = try(length(jsondecode(self.response_body).keys), 1) > 0 && can(jsondecode(self.response_body))
      error_message = "${self.url} holds no keys."
    }
  }

  depends_on = [aws_route53_record.main, aws_s3_bucket_policy.public]
}

# No key ID is among them: the schedule decides which key signs.
resource "aws_ssm_parameter" "main" {
  for_each = {
    issuer   = local.issuer
    audience = var.audience
    secret   = aws_secretsmanager_secret.keys.arn
  }
  name       = "/selfissued/${var.environment}/${each.key}"
  type       = "String"
  value      = each.value
  depends_on = [data.http.published]
}
