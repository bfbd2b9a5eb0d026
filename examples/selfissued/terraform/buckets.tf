# The public bucket is for what everybody may read, and CloudFront alone reads it. The private
# one is for the log of who has read and changed that. Private keys are in neither: see
# keys.tf.
resource "aws_s3_bucket" "main" {
  for_each      = toset(["public", "private"])
  bucket_prefix = "${local.name}-${each.key}-"
}

resource "aws_s3_bucket_public_access_block" "main" {
  for_each                = aws_s3_bucket.main
  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_ownership_controls" "main" {
  for_each = aws_s3_bucket.main
  bucket   = each.value.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_versioning" "main" {
  for_each = aws_s3_bucket.main
  bucket   = each.value.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_logging" "public" {
  bucket        = aws_s3_bucket.main["public"].id
  target_bucket = aws_s3_bucket.main["private"].id
  target_prefix = "public/"
  depends_on    = [aws_s3_bucket_policy.private]
}

resource "aws_s3_bucket_lifecycle_configuration" "private" {
  bucket = aws_s3_bucket.main["private"].id

  rule {
    id     = "expire"
    status = "Enabled"
    filter {}

    expiration {
      days = 90
    }

    noncurrent_version_expiration {
      noncurrent_days = 1
    }
  }
}

data "aws_iam_policy_document" "public" {
  statement {
    sid       = "CloudFrontReads"
    actions   = ["s3:GetObject"]
    resources = ["${aws_s3_bucket.main["public"].arn}/.well-known/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudfront.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "AWS:SourceArn"
      values   = [aws_cloudfront_distribution.main.arn]
    }
  }
}

resource "aws_s3_bucket_policy" "public" {
  bucket     = aws_s3_bucket.main["public"].id
  policy     = data.aws_iam_policy_document.public.json
  depends_on = [aws_s3_bucket_public_access_block.main]
}

data "aws_iam_policy_document" "private" {
  statement {
    sid       = "S3WritesLogs"
    actions   = ["s3:PutObject"]
    resources = ["${aws_s3_bucket.main["private"].arn}/public/*"]

    principals {
      type        = "Service"
      identifiers = ["logging.s3.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_s3_bucket.main["public"].arn]
    }
  }
}

resource "aws_s3_bucket_policy" "private" {
  bucket     = aws_s3_bucket.main["private"].id
  policy     = data.aws_iam_policy_document.private.json
  depends_on = [aws_s3_bucket_public_access_block.main]
}
