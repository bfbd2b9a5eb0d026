# The issuer: two public files behind CloudFront under a domain of its own, a secret for the
# private keys, and what serverless.yml has to know, in SSM. README.md says in which order.

terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 6.0"
    }
    http = {
      source  = "hashicorp/http"
      version = "~> 3.5"
    }
  }
}

provider "aws" {
  region = var.region

  default_tags {
    tags = local.tags
  }
}

# CloudFront takes its certificates from this Region alone.
provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"

  default_tags {
    tags = local.tags
  }
}

variable "region" {
  description = "The Region of the API and of everything that is not global"
  type        = string
}

variable "environment" {
  description = "Which of several this is: serverless.yml calls it the stage"
  type        = string
  default     = "prod"
}

variable "zone" {
  description = "The hosted zone in Route 53 that the issuer's domain is in, such as example.com"
  type        = string
}

variable "domain" {
  description = "The issuer's domain, such as login.example.com"
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9-]+(\\.[a-z0-9-]+)+$", var.domain))
    error_message = "The domain alone, without https:// and without a slash."
  }
}

variable "audience" {
  description = "The aud of the tokens, as the program has it"
  type        = string
  default     = "selfissued-api"
}

variable "published" {
  description = "The folder that \"keys publish\" has written into"
  type        = string
  default     = "../public"
}

locals {
  name = "selfissued-${var.environment}"
  tags = { app = "selfissued", environment = var.environment }

  # The one string that discovery, the authorizer and iss have in common, byte for byte.
  issuer = "https://${var.domain}"
}

output "issuer" {
  value = local.issuer
}

output "bucket" {
  value = aws_s3_bucket.main["public"].id
}

output "distribution" {
  value = aws_cloudfront_distribution.main.id
}

output "secret" {
  value = aws_secretsmanager_secret.keys.arn
}
