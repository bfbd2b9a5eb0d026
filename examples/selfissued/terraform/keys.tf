# The private keys, which "keys secret" makes and the AWS CLI stores: in Terraform's state they
# would be for everybody to see who may plan.
resource "aws_secretsmanager_secret" "keys" {
  name                    = "${local.name}-keys"
  description             = "The private keys of ${local.issuer}, and their schedule"
  recovery_window_in_days = 30

  lifecycle {
    prevent_destroy = true
  }
}

# A rotation changes these two and deploys nothing else.
resource "aws_s3_object" "published" {
  for_each      = toset(["openid-configuration", "jwks.json"])
  bucket        = aws_s3_bucket.main["public"].id
  key           = ".well-known/${each.key}"
  source        = "${var.published}/.well-known/${each.key}"
  etag          = filemd5("${var.published}/.well-known/${each.key}")
  content_type  = "application/json"
  cache_control = "public, max-age=300"
}
